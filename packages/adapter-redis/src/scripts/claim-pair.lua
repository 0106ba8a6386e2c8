-- Says which conversation is the direct of two users, if it is still the one that it was.
-- KEYS  pair
-- ARGV  conversation that it was (empty: none), conversation that it is from now on (empty: none)
-- Out   { conversation that it is now or "", 1 if one has blocked the other, version of that }

local fields = call('HMGET', KEYS[1], 'id', '1', '2', 'v')
local id = fields[1] or ''
if id == ARGV[1] and id ~= ARGV[2] then
  id = ARGV[2]
  if id == '' then call('HDEL', KEYS[1], 'id') else call('HSET', KEYS[1], 'id', id) end
end
return { id, (fields[2] or fields[3]) and 1 or 0, fields[4] or '0' }
