-- Blocks, or lifts a block, between two users.
-- KEYS  pair
-- ARGV  which of the two blocks ("1", "2", "12": both), whether (0 or 1)
-- Out   { their direct or "", 1 if one has blocked the other now, version of that }

for side in gmatch(ARGV[1], '.') do
  if ARGV[2] == '1' then call('HSET', KEYS[1], side, '1') else call('HDEL', KEYS[1], side) end
end
local version = call('HINCRBY', KEYS[1], 'v', 1)
local fields = call('HMGET', KEYS[1], 'id', '1', '2')
return { fields[1] or '', (fields[2] or fields[3]) and 1 or 0, text(version) }
