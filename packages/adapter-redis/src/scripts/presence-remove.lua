-- Removes sessions that a node has put.
-- KEYS[1]   the tag
-- ARGV      node, how many users' `seen` are kept; then for each: session, ms since its last sign of life
-- Returns   nothing
local life = lifeOf(ARGV[1])
if not life then return end
for at = 3, #ARGV, 2 do
  local session, quiet = ARGV[at], tonumber(ARGV[at + 1])
  local record = redis.call("HGET", tag .. ":s:" .. life, session)
  if record then
    local activity, user = string.match(record, "^(%S+) (%S+)")
    redis.call("HDEL", tag .. ":s:" .. life, session)
    redis.call("HDEL", tag .. ":u:" .. user, life .. " " .. session)
    see(user, activity, now - quiet)
    note(user)
  end
end
forgetOldest(ARGV[2])
tell()
