-- Claims a name for a node, or gives it up.
-- KEYS  lease
-- ARGV  node, ms (0: gives it up)
-- Out   1 if the node holds it now, else 0

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
