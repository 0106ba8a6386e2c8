-- Begins, renews or gives up a node's lease.
-- KEYS[1]   the tag
-- ARGV      node, ttl in ms (0: gives it up)
-- Returns   nothing
local node, ttl = ARGV[1], tonumber(ARGV[2])
local life = lifeOf(node)
if ttl <= 0 then
  if life then
    redis.call("HSET", tag .. ":lives", life, ms(now) .. " " .. node)
    redis.call("ZADD", tag .. ":until", ms(now), life)
    redis.call("HDEL", tag .. ":leases", node)
  end
  return
end
if not life then
  life = tostring(redis.call("INCR", tag .. ":count"))
  redis.call("HSET", tag .. ":leases", node, life)
end
redis.call("HSET", tag .. ":lives", life, ms(now) .. " " .. node)
redis.call("ZADD", tag .. ":until", ms(now + ttl), life)
