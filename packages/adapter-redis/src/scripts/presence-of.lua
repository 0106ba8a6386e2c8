-- Who is here, and where.
-- KEYS[1]   the tag
-- ARGV      users
-- Returns   for each: { seen in Unix ms or "", then for each session: session, device, activity, node }
local lives = {}
-- When it was renewed last, its node, and whether it stands.
local function lifeNamed(life)
  if lives[life] == nil then
    local record = redis.call("HGET", tag .. ":lives", life) or "0 "
    local renewed, node = string.match(record, "^(%d+) (.*)$")
    lives[life] = { renewed = tonumber(renewed), node = node, stands = stands(life) }
  end
  return lives[life]
end
local found = {}
for at, user in ipairs(ARGV) do
  local seen = tonumber(redis.call("ZSCORE", tag .. ":seen", user) or "0")
  local one = { "" }
  local records = redis.call("HGETALL", tag .. ":u:" .. user)
  for field = 1, #records, 2 do
    local name, session = string.match(records[field], "^(%S+) (%S+)$")
    local activity, device = string.match(records[field + 1], "^(%S+) (%S+)$")
    local life = lifeNamed(name)
    if life.stands then
      for _, value in ipairs({ session, device, activity, life.node }) do one[#one + 1] = value end
    elseif activity ~= "invisible" then
      -- Not swept yet.
      seen = math.max(seen, life.renewed)
    end
  end
  if seen > 0 then one[1] = ms(seen) end
  found[at] = one
end
return found
