-- Heads as browsers send them: twelve fields and Host. Path, query, referer and cookies differ each time.
local requests, at = {}, 0

local function token(length)
  local characters = {}
  for index = 1, length do characters[index] = string.char(math.random(97, 122)) end
  return table.concat(characters)
end

init = function()
  math.randomseed(7)
  for index = 1, 4096 do
    local path = '/v1/shop/' .. token(8) .. '/' .. index .. '?q=' .. token(6) .. '&page=' .. math.random(99)
    requests[index] = wrk.format('GET', path, {
      ['Connection'] = 'keep-alive',
      ['sec-ch-ua'] = '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
      ['sec-ch-ua-mobile'] = '?0',
      ['sec-ch-ua-platform'] = '"Linux"',
      ['User-Agent'] = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      ['Accept'] = 'application/json, text/plain, */*',
      ['Sec-Fetch-Site'] = 'same-origin',
      ['Sec-Fetch-Mode'] = 'cors',
      ['Referer'] = 'http://localhost/shop/' .. token(10),
      ['Accept-Encoding'] = 'gzip, deflate, br, zstd',
      ['Accept-Language'] = 'en-GB,en;q=0.9',
      ['Cookie'] = 'session=' .. token(32) .. '; consent=yes; seen=' .. math.random(1000000),
    })
  end
end

request = function()
  at = at % #requests + 1
  return requests[at]
end
