-- What the presence scripts share. All keys begin with one tag, KEYS[1], and so are of one slot:
--   <tag>:leases   hash    node -> life, the present one
--   <tag>:lives    hash    life -> "<last renewal or end, Unix ms> <node>"
--   <tag>:until    zset    life by the moment until which it stands, Unix ms
--   <tag>:s:<life> hash    session -> "<activity> <user> <device>"
--   <tag>:u:<user> hash    "<life> <session>" -> "<activity> <device>"
--   <tag>:seen     zset    user by when they were last seen, Unix ms
--   <tag>:count    string  the number of the latest life
-- A life is one lease from its beginning to its end. What a life that does not stand left behind counts for nothing,
-- and is swept away a part at a time. No id holds a blank.
local tag = KEYS[1]
local clock = redis.call("TIME")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function ms(number)
  return string.format("%.0f", number)
end

local function stands(life)
  local untilMs = life and redis.call("ZSCORE", tag .. ":until", life)
  return untilMs and tonumber(untilMs) > now
end

-- The node's life that stands, or nil.
local function lifeOf(node)
  local life = redis.call("HGET", tag .. ":leases", node)
  if stands(life) then return life end
  return nil
end

-- It only rises, and nobody is seen while invisible.
local function see(user, activity, at)
  if activity ~= "invisible" then redis.call("ZADD", tag .. ":seen", "GT", ms(at), user) end
end

-- Keeps the latest users only.
local function forgetOldest(max)
  local over = redis.call("ZCARD", tag .. ":seen") - tonumber(max)
  if over > 0 then redis.call("ZREMRANGEBYRANK", tag .. ":seen", 0, over - 1) end
end

-- Users whose presence changed, each once.
local changed, known = {}, {}
local function note(user)
  if not known[user] then
    known[user] = true
    changed[#changed + 1] = user
  end
end
local function tell()
  if #changed > 0 then redis.call("PUBLISH", tag, table.concat(changed, " ")) end
end
