-- Creates a conversation with its first events and members.
-- KEYS  bucket, feed, ids, conversation, log, index
-- ARGV  name of a new life, the last change told of the bucket, id, creator, pair (empty: no direct), epoch, mode, kind,
--       open, whole (0 or 1), title, meta (JSON), whether the pair is blocked and as of which version of that, how many
--       events, of each "type\nat\nfrom\n…" as in the log; of each member: user, rank
-- Out   { "created" | "existing" (made by the same creator, or of the same pair) | "conflict", "clock life" }

local bucket = load_bucket(KEYS[1])
witness(bucket, tonumber(ARGV[2]), ARGV[1])
local key, log, index = KEYS[4], KEYS[5], KEYS[6]
local id, creator, pair = ARGV[3], ARGV[4], ARGV[5]

local there = call('HMGET', key, ' h', ' gone', ' creator', ' pair', ' b')
if there[1] then
  local same = pair ~= '' and there[4] == pair
  return { (same or there[3] == creator) and 'existing' or 'conflict', told(bucket) }
end
if there[2] then return { 'conflict', told(bucket) } end

local change = tick(bucket)
local stamp = text(change)
local events = tonumber(ARGV[15])
for seq = 1, events do
  local event = '0\n' .. (seq == 1 and stamp or '') .. '\n' .. ARGV[15 + seq]
  call('HSET', log, text(seq), event)
  call('ZADD', index, 0, 'y' .. fixed(seq))
end

local function add(records, names)
  if #records == 0 then return end
  call('HSET', key, unpack(records))
  call('ZADD', index, unpack(names))
end

local records, names, is_member, count = {}, {}, false, 0
for at = 16 + events, #ARGV, 2 do
  local user, rank = ARGV[at], ARGV[at + 1]
  count = count + 1
  is_member = is_member or user == creator
  local member = {
    rank = rank, delivered = 1, read = 1, read_ord = 0, since = 1, change = change, last_at = 0, mute = '-', past = '',
  }
  records[#records + 1] = user
  records[#records + 1] = member_text(member)
  names[#names + 1] = 0
  names[#names + 1] = 'o' .. rank .. user
  if #records >= 1000 then
    add(records, names)
    records, names = {}, {}
  end
end
add(records, names)
if not is_member then
  local writer = { delivered = 0, read = 0, read_ord = 0, since = 0, change = 0, last_at = 0, mute = '-', past = '' }
  call('HSET', key, creator, member_text(writer))
end

local conversation = {
  epoch = ARGV[6], life = bucket.life == '' and '-' or bucket.life, first = 1, cut = 0, members = count,
  members_version = 1, settings_version = 1, slow = 0, mode = ARGV[7], open = ARGV[9] == '1', whole = ARGV[10] == '1',
  kind = ARGV[8], part = 0, head = events, ord = 0, change = change,
}
call('HSET', key, ' h', head_text(conversation), ' s', seldom_text(conversation), ' creator', creator, ' pair', pair,
  ' title', ARGV[11], ' meta', ARGV[12], ' pinned', '[]', ' retention', 'null')
local version = there[5] and tonumber(match(there[5], '^%d+')) or -1
if pair ~= '' and tonumber(ARGV[14]) > version then call('HSET', key, ' b', ARGV[14] .. ' ' .. ARGV[13]) end
call('XADD', KEYS[2], stamp .. '-0', 's', format('%s 1 %d', id, events))
call('ZADD', KEYS[3], 0, id)
save_bucket(bucket)
return { 'created', told(bucket) }
