-- What the other files of the store begin with: they are sent as this text and their own, one after the other.
--
-- A bucket: hash { t: its clock, g: its life }. The clock numbers every change of what the bucket holds: microseconds
-- of Redis TIME, but always more than before.
-- A conversation: hash { " h": "head ord change", " s": what seldom changes, " b": "version 0|1" whether a direct is
-- blocked, " title", " meta", " pinned", " retention": JSON, " creator", " pair", " s:<slot>": seq, " b:<user>": banned,
-- " gone": when it was removed }, each with a blank before it, which no user's id has; without " h" there is none. In the
-- same hash its members: <user>: "rank delivered read readOrd lastAt since change marked mute past", rank "-" for who left.
-- Its log: hash { <seq>: event, "<user> <key>": "seq ord at flags hash", E<seq>: seqs of the edits that count, R<seq>:
-- lines of "count key" of reactions }. An event: ord, stamp of the stretch it begins, type, at, from, id, re, slot,
-- mentions, deleted, body, each in a line of its own; JSON holds no line ends.
-- Its index: sorted set, all scores 0: "o<rank><user>" members in order, "y<seq>" member and meta events,
-- "t<re><seq>" replies, "x<re><user> <key>" reactions, "n<user> <seq>" named, "a<seq>" all named, "w<user> <seq>" by whom.
-- Its messages: list of their seqs.

local call, format, match, gmatch, find = redis.call, string.format, string.match, string.gmatch, string.find

-- Lua writes large numbers as 1e+15.
local function text(number)
  return format('%d', number)
end

-- As part of a name that sorts.
local function fixed(seq)
  return format('%016d', seq)
end

local micros

local function now()
  if not micros then
    local time = call('TIME')
    micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
  end
  return micros
end

local function load_bucket(key)
  local fields = call('HMGET', key, 't', 'g')
  return { key = key, at = tonumber(fields[1]) or 0, life = fields[2] or '', ticked = false }
end

-- The number of the next change.
local function tick(bucket)
  local at = bucket.at + 1
  local time = now()
  if time > at then at = time end
  bucket.at = at
  bucket.ticked = true
  return at
end

local function save_bucket(bucket)
  if bucket.ticked then call('HSET', bucket.key, 't', text(bucket.at)) end
end

-- Somebody has been told of a change that this bucket has no trace of: it was put back to an earlier moment. It begins
-- another life, in which no conversation has the epoch that it had, above everything that was ever told.
local function witness(bucket, seen, life)
  if not seen or seen <= bucket.at then return end
  bucket.at = seen
  bucket.life = life
  call('HSET', bucket.key, 't', text(seen), 'g', life)
end

local function told(bucket)
  return text(bucket.at) .. ' ' .. bucket.life
end

-- epoch life mode membersVersion slow, and what but few steps ask for: see whole_conversation.
local SELDOM = '^(%S+) (%S+) (%S+) (%d+) (%d+) (.*)$'

local parse_member

-- nil: there is none. `user`: of whom it is known already that they matter.
local function load_conversation(key, bucket, user)
  local fields = call('HMGET', key, ' h', ' s', ' b', user or '')
  if not fields[1] then return nil end
  local conversation = { key = key, bucket = bucket, people = {} }
  if user then conversation.people[user] = fields[4] and parse_member(fields[4]) or false end
  local head, ord, change = match(fields[1], '^(%d+) (%d+) (%d+)$')
  conversation.head, conversation.ord, conversation.change = tonumber(head), tonumber(ord), tonumber(change)
  local epoch, life, mode, version, slow, rest = match(fields[2], SELDOM)
  conversation.epoch, conversation.life, conversation.mode = epoch, life, mode
  conversation.members_version, conversation.slow, conversation.rest = tonumber(version), tonumber(slow), rest
  conversation.blocked = fields[3] and match(fields[3], ' (%d)$') == '1'
  return conversation
end

-- With everything that is kept of it.
local function whole_conversation(conversation)
  if conversation and conversation.rest then
    local first, cut, members, version, open, whole, kind, part =
      match(conversation.rest, '^(%d+) (%d+) (%d+) (%d+) (%d) (%d) (%S+) (%d+)$')
    conversation.first, conversation.cut, conversation.members = tonumber(first), tonumber(cut), tonumber(members)
    conversation.settings_version, conversation.open, conversation.whole = tonumber(version), open == '1', whole == '1'
    conversation.kind, conversation.part, conversation.rest = kind, tonumber(part), nil
  end
  return conversation
end

local function head_text(conversation)
  return format('%d %d %d', conversation.head, conversation.ord, conversation.change)
end

local function seldom_text(c)
  whole_conversation(c)
  return format('%s %s %s %d %d %d %d %d %d %s %s %s %d', c.epoch, c.life, c.mode, c.members_version, c.slow, c.first,
    c.cut, c.members, c.settings_version, c.open and '1' or '0', c.whole and '1' or '0', c.kind, c.part)
end

-- In this life of its bucket.
local function epoch_of(conversation)
  local life = conversation.bucket.life
  if conversation.life == (life == '' and '-' or life) then return conversation.epoch end
  return conversation.epoch .. '~' .. life
end

-- Of who is a member now; nothing else that is kept of a conversation looks like it.
local MARKS = '^%d (%d+) (%d+) %d+ %d+ %d+ %d+ %d '

-- `rest`: what but few steps ask for, see whole_member.
function parse_member(record)
  local rank, delivered, read, read_ord, last_at, rest = match(record, '^(%S) (%d+) (%d+) (%d+) (%d+) (.*)$')
  return {
    rank = rank ~= '-' and rank or nil,
    delivered = tonumber(delivered),
    read = tonumber(read),
    read_ord = tonumber(read_ord),
    last_at = tonumber(last_at),
    rest = rest,
  }
end

-- With everything that is kept of them.
local function whole_member(member)
  if member.rest then
    local since, change, marked, mute, past = match(member.rest, '^(%d+) (%d+) (%d) (%S+) (.*)$')
    member.since, member.change, member.marked = tonumber(since), tonumber(change), marked == '1'
    member.mute, member.past, member.rest = mute, past, nil
  end
  return member
end

local function member_text(m)
  local rest = m.rest or format('%d %d %s %s %s', m.since, m.change, m.marked and '1' or '0', m.mute, m.past)
  return format('%s %d %d %d %d %s', m.rank or '-', m.delivered, m.read, m.read_ord, m.last_at, rest)
end

-- Whoever is or was a member, or has written here; nil: nobody.
local function load_member(conversation, user)
  local known = conversation.people[user]
  if known == nil then
    local record = call('HGET', conversation.key, user)
    known = record and parse_member(record) or false
    conversation.people[user] = known
  end
  return known or nil
end

-- With what else is to be written of the conversation: names and values.
local function save_members(conversation, fields)
  local key = conversation.key
  for user, member in pairs(conversation.people) do
    if member and member.dirty then
      fields[#fields + 1] = user
      fields[#fields + 1] = member_text(member)
      member.dirty = nil
      if #fields >= 1000 then
        call('HSET', key, unpack(fields))
        fields = {}
      end
    end
  end
  if #fields > 0 then call('HSET', key, unpack(fields)) end
end

local EVENT = '^(%d+)\n(%d*)\n([^\n]*)\n(%d*)\n([^\n]*)\n([^\n]*)\n(%d*)\n([^\n]*)\n([^\n]*)\n(%d*)\n(.*)$'

local function parse_event(event)
  local ord, stamp, kind, at, from, id, re, slot, mentions, deleted, body = match(event, EVENT)
  return {
    ord = tonumber(ord), stamp = stamp, type = kind, at = at, from = from, id = id, re = tonumber(re), slot = slot,
    mentions = mentions, deleted = deleted == '1', body = body,
  }
end

-- Of what an event says enough to act on it, without its body.
local function load_target(log, seq)
  local event = call('HGET', log, text(seq))
  if not event then return nil end
  local kind, from, mentions, deleted =
    match(event, '^%d+\n%d*\n([^\n]*)\n%d*\n([^\n]*)\n[^\n]*\n%d*\n[^\n]*\n([^\n]*)\n(%d*)\n')
  return { type = kind, from = from, mentions = mentions, deleted = deleted == '1' }
end

-- Messages up to a seq; up to one that is gone, all that are gone.
local function ord_at(conversation, log, seq)
  whole_conversation(conversation)
  if seq >= conversation.head then return conversation.ord end
  if seq < conversation.first then return conversation.cut end
  local event = call('HGET', log, text(seq))
  return event and tonumber(match(event, '^%d+')) or conversation.cut
end

-- The event without its content.
local function stripped(event)
  local e = parse_event(event)
  return format('%d\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n\n1\n', e.ord, e.stamp, e.type, e.at, e.from, e.id,
    e.re and text(e.re) or '', e.slot)
end

local function strip(log, seq)
  local event = call('HGET', log, text(seq))
  if event then call('HSET', log, text(seq), stripped(event)) end
end

local function remove_prefix(index, prefix)
  call('ZREMRANGEBYLEX', index, '[' .. prefix, '(' .. prefix .. '\255')
end

-- Whoever a message names is named no longer.
local function unmention(index, seq, from, mentions)
  if mentions == '' then return end
  if mentions == '"all"' then
    call('ZREM', index, 'a' .. fixed(seq), 'w' .. from .. ' ' .. fixed(seq))
    return
  end
  for user in gmatch(mentions, '"([^"]*)"') do call('ZREM', index, 'n' .. user .. ' ' .. fixed(seq)) end
end

-- Takes the content of a message and of its edits away, with its reactions and whom it names.
local function empty_message(log, index, seq, target)
  unmention(index, seq, target.from, target.mentions)
  strip(log, seq)
  local edits = call('HGET', log, 'E' .. text(seq))
  if edits then
    for edit in gmatch(edits, '%d+') do strip(log, tonumber(edit)) end
  end
  if call('HDEL', log, 'E' .. text(seq), 'R' .. text(seq)) > 0 then remove_prefix(index, 'x' .. fixed(seq)) end
end

-- { { key, count }, ... } in the order in which they came up.
local function load_reactions(log, seq)
  local lines = {}
  for count, key in gmatch(call('HGET', log, 'R' .. text(seq)) or '', '(%d+) ([^\n]*)\n') do
    lines[#lines + 1] = { key, tonumber(count) }
  end
  return lines
end

local function save_reactions(log, seq, lines)
  local field = 'R' .. text(seq)
  if #lines == 0 then
    call('HDEL', log, field)
    return
  end
  local parts = {}
  for n = 1, #lines do parts[n] = text(lines[n][2]) .. ' ' .. lines[n][1] .. '\n' end
  call('HSET', log, field, table.concat(parts))
end

local function set_reaction(log, index, seq, user, key, on)
  local name = 'x' .. fixed(seq) .. user .. ' ' .. key
  local changed = on and call('ZADD', index, 0, name) or call('ZREM', index, name)
  if changed == 0 then return end
  local lines = load_reactions(log, seq)
  for n = 1, #lines do
    if lines[n][1] == key then
      lines[n][2] = lines[n][2] + (on and 1 or -1)
      if lines[n][2] == 0 then table.remove(lines, n) end
      save_reactions(log, seq, lines)
      return
    end
  end
  if not on then return end
  lines[#lines + 1] = { key, 1 }
  save_reactions(log, seq, lines)
end

-- Their `read` has risen, and `ord` messages are at it or below.
local function read_up_to(index, user, member, read, ord)
  if ord > member.read_ord then
    call('ZREMRANGEBYLEX', index, '[n' .. user .. ' ', '[n' .. user .. ' ' .. fixed(read))
  end
  member.read = read
  member.read_ord = ord
  if member.delivered < read then member.delivered = read end
end

-- What a member may have; of who has left, what they could have then: { { from, to }, ... }, no `to` up to the head.
local function spans_of(conversation, member)
  local stays = {}
  whole_member(member)
  for from, to in gmatch(member.past, '(%d+)-(%d+)') do stays[#stays + 1] = { tonumber(from), tonumber(to) } end
  if member.rank then stays[#stays + 1] = { member.since } end
  if conversation.whole and #stays > 0 then stays = { { 1, stays[#stays][2] } } end
  local kept = {}
  for n = 1, #stays do
    local from, to = stays[n][1], stays[n][2]
    if not to or to >= conversation.first then kept[#kept + 1] = { math.max(from, conversation.first), to } end
  end
  return kept
end

-- { seq, event }, and of a message how it stands: { ..., seq of the last edit, that edit, lines of "count mine key",
-- replies }.
local function present_row(log, index, seq, event, reader)
  local kind, deleted = match(event, '^%d+\n%d*\n([^\n]*)\n%d*\n[^\n]*\n[^\n]*\n%d*\n[^\n]*\n[^\n]*\n(%d*)\n')
  if kind ~= 'message' then return { text(seq), event } end
  local prefix = 't' .. fixed(seq)
  local replies = call('ZLEXCOUNT', index, '[' .. prefix, '(' .. prefix .. '\255')
  if deleted == '1' then return { text(seq), event, '', '', '', replies } end
  local state = call('HMGET', log, 'E' .. text(seq), 'R' .. text(seq))
  local edited = state[1] and match(state[1], '(%d+)$') or ''
  local edit = edited ~= '' and call('HGET', log, edited) or ''
  local reactions = {}
  for count, key in gmatch(state[2] or '', '(%d+) ([^\n]*)\n') do
    local mine = reader ~= '' and call('ZSCORE', index, 'x' .. fixed(seq) .. reader .. ' ' .. key)
    reactions[#reactions + 1] = count .. (mine and ' 1 ' or ' 0 ') .. key
  end
  return { text(seq), event, edited, edit, table.concat(reactions, '\n'), replies }
end
