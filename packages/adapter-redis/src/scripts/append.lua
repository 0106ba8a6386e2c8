-- Appends entries, each decided and written by itself, in their order.
-- KEYS  of each bucket: bucket, feed; of each conversation: it, log, index, messages
-- ARGV  name of a new life; how many buckets, the last change told of each; how many conversations, of each the
--       number of its bucket, its id and one of its authors; of each entry: number of its conversation, hash of its
--       key, ranks that may, terms (JSON; empty: none), and the event's text from its type on
-- Out   for each entry "e seq ord mode membersVersion epoch", "d seq ord at rewritten epoch" or "r code number"; then
--       for each bucket "clock life"

local NONE = {}
local position = 1

local function argument()
  position = position + 1
  return ARGV[position]
end

local buckets, conversations, begun = {}, {}, {}

for n = 1, tonumber(argument()) do
  local bucket = load_bucket(KEYS[n * 2 - 1])
  bucket.feed = KEYS[n * 2]
  witness(bucket, tonumber(argument()), ARGV[1])
  buckets[n] = bucket
end

for n = 1, tonumber(argument()) do
  local bucket = buckets[tonumber(argument())]
  local at = #buckets * 2 + n * 4 - 3
  local id = argument()
  local conversation = load_conversation(KEYS[at], bucket, argument())
  if conversation then
    conversation.id = id
    conversation.log, conversation.index, conversation.messages = KEYS[at + 1], KEYS[at + 2], KEYS[at + 3]
    conversation.said = {}
  end
  conversations[n] = conversation or false
end

local function member_of(conversation, user)
  local member = load_member(conversation, user)
  return member and member.rank and member or nil
end

local function is_banned(conversation, user)
  return call('HEXISTS', conversation.key, ' b:' .. user) == 1
end

-- What the key tells of its first use; nil: it is new.
local function stored_answer(conversation, entry)
  if entry.key == '' then return nil end
  local stored = call('HGET', conversation.log, entry.user .. ' ' .. entry.key)
  if not stored then return nil end
  local seq, ord, at, flags, hash = match(stored, '^(%d+) (%d+) (%d+) (%S+) (.*)$')
  -- Of an erased sender any content is the one that was sent.
  if hash ~= entry.hash and flags ~= 'e' and flags ~= 'E' then return 'r conflict' end
  local rewritten = (flags == 'w' or flags == 'E') and '1' or '0'
  return format('d %s %s %s %s %s', seq, ord, at, rewritten, epoch_of(conversation))
end

local function author_refusal(conversation, entry, terms)
  if terms.system then return nil end
  local author = member_of(conversation, entry.user)
  if author then
    if not terms.join and not find(entry.by, author.rank, 1, true) then return 'r forbidden' end
  else
    if not terms.join then return 'r not_found' end
    if is_banned(conversation, entry.user) then return 'r banned' end
    if not whole_conversation(conversation).open then return 'r not_found' end
  end
  if conversation.blocked and entry.key ~= '' then return 'r blocked' end
end

local function version_refusal(conversation, terms)
  if terms.membersVersion and terms.membersVersion ~= conversation.members_version then return 'r stale' end
  if terms.settingsVersion and terms.settingsVersion ~= whole_conversation(conversation).settings_version then
    return 'r stale'
  end
  for _, change in ipairs(terms.members or NONE) do
    local user, rank = change[1], change[2]
    if rank ~= '' and not member_of(conversation, user) and is_banned(conversation, user) then return 'r banned' end
  end
end

local function target_refusal(conversation, entry, terms, target)
  if not terms.re then return nil end
  if not target or target.type ~= 'message' then return 'r no_target' end
  if terms.authorOr and not terms.system and target.from ~= entry.user then
    local author = member_of(conversation, entry.user)
    if not author or not find(terms.authorOr, author.rank, 1, true) then return 'r forbidden' end
  end
  if terms.live and target.deleted then return 'r deleted' end
end

local function slot_refusal(conversation, terms)
  if not terms.slot or not terms.expect then return nil end
  local last = call('HGET', conversation.key, ' s:' .. terms.slot) or '0'
  if tonumber(last) ~= terms.expect then return 'r slot ' .. last end
end

local function reaction_refusal(conversation, terms, target)
  if not terms.reaction or not terms.on or not target or target.deleted then return nil end
  local lines = load_reactions(conversation.log, terms.re)
  if #lines < terms.keysMax then return nil end
  for n = 1, #lines do
    if lines[n][1] == terms.reaction then return nil end
  end
  return 'r too_many'
end

local function pace_refusal(conversation, entry, terms)
  if conversation.slow == 0 or terms.system or entry.type ~= 'message' then return nil end
  local author = member_of(conversation, entry.user)
  if not author or author.rank ~= '2' or author.last_at == 0 then return nil end
  local wait = author.last_at + conversation.slow - entry.at
  if wait <= 0 then return nil end
  -- By a clock that was set back it would be longer than the time itself.
  return 'r too_soon ' .. text(math.min(wait, conversation.slow))
end

local function change_members(conversation, changes, change)
  local changed = false
  whole_conversation(conversation)
  local seq, index = conversation.head, conversation.index
  for _, each in ipairs(changes) do
    local user, rank = each[1], each[2]
    local member = load_member(conversation, user)
    if member then whole_member(member) end
    local before = member and member.rank or ''
    if before ~= rank then
      changed = true
      if before ~= '' then call('ZREM', index, 'o' .. before .. user) end
      if rank ~= '' then call('ZADD', index, 0, 'o' .. rank .. user) end
      if rank == '' then
        member.rank, member.marked, member.mute = nil, false, '-'
        member.past = member.past .. (member.past == '' and '' or ',') .. text(member.since) .. '-' .. text(seq)
        remove_prefix(index, 'n' .. user .. ' ')
        conversation.members = conversation.members - 1
      elseif before == '' then
        member = {
          rank = rank, delivered = seq, read = seq, read_ord = conversation.ord, since = seq, marked = false, mute = '-',
          last_at = member and member.last_at or 0, past = member and member.past or '',
        }
        conversation.people[user] = member
        conversation.members = conversation.members + 1
      else
        member.rank = rank
      end
      member.change, member.dirty = change, true
    end
  end
  if changed then conversation.members_version = conversation.members_version + 1 end
  conversation.seldom = true
end

local function change_settings(conversation, settings)
  whole_conversation(conversation)
  for _, name in ipairs({ 'title', 'meta', 'pinned', 'retention' }) do
    if settings[name] then call('HSET', conversation.key, ' ' .. name, settings[name]) end
  end
  conversation.mode = settings.mode or conversation.mode
  conversation.slow = settings.slow or conversation.slow
  if settings.open ~= nil then conversation.open = settings.open end
  conversation.settings_version = conversation.settings_version + 1
  conversation.seldom = true
end

local function apply_to_target(conversation, entry, terms, target, seq)
  local log, index = conversation.log, conversation.index
  if entry.type == 'message' then
    call('ZADD', index, 0, 't' .. fixed(terms.re) .. fixed(seq))
  elseif entry.type == 'edit' then
    if target.deleted then
      strip(log, seq)
    else
      local edits = call('HGET', log, 'E' .. text(terms.re))
      call('HSET', log, 'E' .. text(terms.re), (edits and edits .. ',' or '') .. text(seq))
    end
  elseif entry.type == 'delete' then
    empty_message(log, index, terms.re, target)
  end
  if terms.reaction and not target.deleted and entry.type ~= 'delete' then
    set_reaction(log, index, terms.re, entry.user, terms.reaction, terms.on)
  end
end

local function add_mentions(conversation, entry, mentions, seq)
  local index = conversation.index
  if mentions == '"all"' then
    call('ZADD', index, 0, 'a' .. fixed(seq), 0, 'w' .. entry.user .. ' ' .. fixed(seq))
    return
  end
  for user in gmatch(mentions, '"([^"]*)"') do
    if user ~= entry.user and member_of(conversation, user) then
      call('ZADD', index, 0, 'n' .. user .. ' ' .. fixed(seq))
    end
  end
end

-- The sender has what they have sent, which is the head now.
local function mark_author(conversation, entry, terms)
  local author = load_member(conversation, entry.user)
  if not author then
    -- That somebody has written here who never was a member.
    author = { delivered = 0, read = 0, read_ord = 0, since = 0, change = 0, last_at = 0, mute = '-', past = '' }
    author.dirty = true
    conversation.people[entry.user] = author
  end
  if not author.rank then return end
  if entry.key ~= '' then
    -- Their own message names nobody to themselves.
    local before = entry.type == 'message' and conversation.ord - 1 or conversation.ord
    read_up_to(conversation.index, entry.user, author, conversation.head, before)
    author.read_ord = conversation.ord
    author.dirty = true
  end
  if entry.type == 'message' then author.last_at, author.dirty = entry.at, true end
end

local function begin_stretch(conversation, change)
  if conversation.stretch then return '' end
  conversation.stretch, conversation.stretch_first = change, conversation.head
  begun[#begun + 1] = conversation
  return text(change)
end

local function write(conversation, entry, terms, target)
  local change = tick(conversation.bucket)
  local seq = conversation.head + 1
  conversation.head, conversation.change = seq, change
  if entry.type == 'message' then conversation.ord = conversation.ord + 1 end
  local ord = text(conversation.ord)
  local event = ord .. '\n' .. begin_stretch(conversation, change) .. '\n' .. entry.tail
  if entry.key == '' then
    call('HSET', conversation.log, text(seq), event)
  else
    local stored = format('%d %s %d %s %s', seq, ord, entry.at, terms.rewritten and 'w' or '-', entry.hash)
    call('HSET', conversation.log, text(seq), event, entry.user .. ' ' .. entry.key, stored)
  end
  if entry.type == 'message' then
    conversation.said[#conversation.said + 1] = text(seq)
    if terms.mentions then add_mentions(conversation, entry, terms.mentions, seq) end
  elseif entry.type == 'member' or entry.type == 'meta' then
    call('ZADD', conversation.index, 0, 'y' .. fixed(seq))
  end
  if target then apply_to_target(conversation, entry, terms, target, seq) end
  if terms.slot then call('HSET', conversation.key, ' s:' .. terms.slot, text(seq)) end
  if terms.members then change_members(conversation, terms.members, change) end
  for _, ban in ipairs(terms.bans or NONE) do
    local field = ' b:' .. ban[1]
    if ban[2] then call('HSET', conversation.key, field, '1') else call('HDEL', conversation.key, field) end
  end
  if terms.settings then change_settings(conversation, terms.settings) end
  mark_author(conversation, entry, terms)
  return format('e %d %s %s %d %s', seq, ord, conversation.mode, conversation.members_version,
    epoch_of(conversation))
end

local function append(conversation, entry)
  local terms = entry.terms == '' and NONE or cjson.decode(entry.terms)
  local answer = conversation and stored_answer(conversation, entry)
  if answer then return answer end
  if terms.lookup then return 'r absent' end
  if not conversation then return 'r not_found' end
  local target = terms.re and load_target(conversation.log, terms.re)
  return author_refusal(conversation, entry, terms)
    or version_refusal(conversation, terms)
    or target_refusal(conversation, entry, terms, target)
    or slot_refusal(conversation, terms)
    or reaction_refusal(conversation, terms, target)
    or pace_refusal(conversation, entry, terms)
    or write(conversation, entry, terms, target)
end

-- One for all of them: what each would leave behind costs more than what it does.
local results, entry = {}, {}

while position < #ARGV do
  local conversation = conversations[tonumber(argument())]
  local hash, by, terms, tail = argument(), argument(), argument(), argument()
  local kind, at, user, key = match(tail, '^([^\n]*)\n(%d+)\n([^\n]*)\n([^\n]*)\n')
  entry.type, entry.at, entry.user, entry.key = kind, tonumber(at), user, key
  entry.hash, entry.by, entry.terms, entry.tail = hash, by, terms, tail
  results[#results + 1] = append(conversation, entry)
end

for _, conversation in ipairs(begun) do
  local fields = { ' h', head_text(conversation) }
  if conversation.seldom then fields[3], fields[4] = ' s', seldom_text(conversation) end
  save_members(conversation, fields)
  if #conversation.said > 0 then call('RPUSH', conversation.messages, unpack(conversation.said)) end
  local stretch = format('%s %d %d', conversation.id, conversation.stretch_first, conversation.head)
  call('XADD', conversation.bucket.feed, text(conversation.stretch) .. '-0', 's', stretch)
end

for _, bucket in ipairs(buckets) do
  save_bucket(bucket)
  results[#results + 1] = told(bucket)
end

return results
