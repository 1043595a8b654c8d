-- POSTs a body of as many bytes as the first argument says: 1024 if there is none.
init = function(args)
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = 'application/json'
  local length = tonumber(args[1] or 1024)
  wrk.body = '{"text":"' .. string.rep('x', length - 11) .. '"}'
  request_bytes = wrk.format()
end

request = function() return request_bytes end
