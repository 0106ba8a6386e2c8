-- Clears away what lives that do not stand any longer have left, and says whose sessions they were.
-- KEYS[1]   the tag
-- ARGV      how many sessions at most, how many users' `seen` are kept
-- Returns   ms until the next lease ends: 0: there is more to sweep now; -1: there is none
local left = tonumber(ARGV[1])
for _, life in ipairs(redis.call("ZRANGEBYSCORE", tag .. ":until", "-inf", ms(now), "LIMIT", 0, 100)) do
  local record = redis.call("HGET", tag .. ":lives", life) or "0 "
  local ended, node = string.match(record, "^(%d+) (.*)$")
  local key = tag .. ":s:" .. life
  -- A large hash gives about as many as were asked for, a small one all it has.
  local sessions = redis.call("HSCAN", key, "0", "COUNT", math.max(left, 1))[2]
  for at = 1, #sessions, 2 do
    local activity, user = string.match(sessions[at + 1], "^(%S+) (%S+)")
    redis.call("HDEL", key, sessions[at])
    redis.call("HDEL", tag .. ":u:" .. user, life .. " " .. sessions[at])
    see(user, activity, tonumber(ended))
    note(user)
    left = left - 1
  end
  if redis.call("EXISTS", key) == 0 then
    redis.call("ZREM", tag .. ":until", life)
    redis.call("HDEL", tag .. ":lives", life)
    if redis.call("HGET", tag .. ":leases", node) == life then redis.call("HDEL", tag .. ":leases", node) end
  end
  if left <= 0 then break end
end
forgetOldest(ARGV[2])
tell()
local next = redis.call("ZRANGE", tag .. ":until", 0, 0, "WITHSCORES")
if #next == 0 then return -1 end
return math.max(0, tonumber(next[2]) - now)
