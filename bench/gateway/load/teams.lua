-- Asks so many teams in turn, far apart in memory: the stride is a prime, so that each is asked.
local stride = 7919
local requests, at = {}, 0

init = function(args)
  for team = 0, tonumber(args[1]) - 1 do
    requests[team + 1] = wrk.format('GET', '/teams/' .. team .. '/things')
  end
end

request = function()
  at = (at + stride) % #requests
  return requests[at + 1]
end
