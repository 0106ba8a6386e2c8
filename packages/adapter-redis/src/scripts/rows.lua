-- Rows of a user's inbox.
-- KEYS  of each bucket: it; of each conversation: it, log, index, messages
-- ARGV  user; how many buckets
-- Out   for each conversation false (no member) or { head, what seldom changes, title, meta, pinned, retention, record,
--       messages that name the user, the newest message (a row as it stands) or "" }; then for each bucket "clock life"

local user, count = ARGV[1], tonumber(ARGV[2])

local function newest_message(conversation, member, log, messages)
  local spans = spans_of(conversation, member)
  for n = #spans, 1, -1 do
    local at = ord_at(conversation, log, spans[n][2] or conversation.head) - conversation.cut - 1
    local seq = at >= 0 and call('LINDEX', messages, text(at))
    if seq and tonumber(seq) >= spans[n][1] then return tonumber(seq) end
  end
end

local function named(conversation, member, index)
  -- Only an unread message can name anybody.
  if conversation.ord == member.read_ord then return 0 end
  local above = '(n' .. user .. ' ' .. fixed(member.read)
  local own = call('ZLEXCOUNT', index, above, '(n' .. user .. ' \255')
  local all = call('ZLEXCOUNT', index, '(a' .. fixed(member.read), '(a\255')
  local by = 'w' .. user .. ' '
  if all > 0 then all = all - call('ZLEXCOUNT', index, '(' .. by .. fixed(member.read), '(' .. by .. '\255') end
  return own + all
end

local function row(at)
  local key, log, index, messages = KEYS[at], KEYS[at + 1], KEYS[at + 2], KEYS[at + 3]
  local conversation = whole_conversation(load_conversation(key, nil, user))
  local member = conversation and load_member(conversation, user)
  if not member or not member.rank then return false end
  local seq = newest_message(conversation, member, log, messages)
  local last = seq and call('HGET', log, text(seq))
  local fields = call('HMGET', key, ' title', ' meta', ' pinned', ' retention')
  return {
    head_text(conversation), seldom_text(conversation), fields[1], fields[2], fields[3], fields[4],
    member_text(member), named(conversation, member, index),
    last and present_row(log, index, seq, last, user) or '',
  }
end

local results = {}
for n = 1, (#KEYS - count) / 4 do
  results[n] = row(count + n * 4 - 3)
end
for n = 1, count do results[#results + 1] = told(load_bucket(KEYS[n])) end
return results
