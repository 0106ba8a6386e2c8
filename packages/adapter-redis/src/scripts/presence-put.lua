-- Adds sessions under a node's lease, or changes their activity.
-- KEYS[1]   the tag
-- ARGV      node, how many users' `seen` are kept; then for each: session, activity, user, device
-- Returns   1; 0: the lease does not stand, and nothing was changed
local life = lifeOf(ARGV[1])
if not life then return 0 end
for at = 3, #ARGV, 4 do
  local session, activity, user, device = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local record = redis.call("HGET", tag .. ":s:" .. life, session)
  local before
  if record then
    before, user, device = string.match(record, "^(%S+) (%S+) (%S+)$")
    -- Whoever turns invisible looks like one who has gone.
    if before ~= activity and activity == "invisible" then see(user, before, now) end
  end
  if before ~= activity then
    redis.call("HSET", tag .. ":s:" .. life, session, activity .. " " .. user .. " " .. device)
    redis.call("HSET", tag .. ":u:" .. user, life .. " " .. session, activity .. " " .. device)
    note(user)
  end
end
forgetOldest(ARGV[2])
tell()
return 1
