-- One step of taking a user's content out of a conversation.
-- KEYS  bucket, conversation, log, index
-- ARGV  user, first seq of this step, last of all (empty: the head), events at most
-- Out   false (nothing is left to do, or no such conversation) or { seq to go on from, last of all }

local bucket = load_bucket(KEYS[1])
local conversation = whole_conversation(load_conversation(KEYS[2], bucket))
if not conversation then return false end
local log, index, user = KEYS[3], KEYS[4], ARGV[1]
local from = math.max(tonumber(ARGV[2]), conversation.first)
local to = tonumber(ARGV[3]) or conversation.head
local last = math.min(to, from + tonumber(ARGV[4]) - 1)

local function erase(seq, e)
  if e.type == 'message' then
    empty_message(log, index, seq, e)
    return
  end
  strip(log, seq)
  if e.type == 'react' and e.re then
    local prefix = 'x' .. fixed(e.re) .. user .. ' '
    for _, name in ipairs(call('ZRANGEBYLEX', index, '[' .. prefix, '(' .. prefix .. '\255')) do
      set_reaction(log, index, e.re, user, string.sub(name, #prefix + 1), false)
    end
  elseif e.type == 'edit' and e.re then
    -- Of another's message: it stands again as it did before.
    local field, left = 'E' .. text(e.re), {}
    for edit in gmatch(call('HGET', log, field) or '', '%d+') do
      if tonumber(edit) ~= seq then left[#left + 1] = edit end
    end
    if #left == 0 then call('HDEL', log, field) else call('HSET', log, field, table.concat(left, ',')) end
  end
end

local erased = false
for seq = from, last do
  local event = call('HGET', log, text(seq))
  local e = event and parse_event(event)
  local holds = e and e.type ~= 'delete' and e.type ~= 'member' and e.type ~= 'meta'
  if holds and e.from == user and not e.deleted then
    erase(seq, e)
    erased = true
  end
end
if erased then
  -- Rows of their inboxes are other rows now.
  conversation.change = tick(bucket)
  call('HSET', KEYS[2], ' h', head_text(conversation))
  save_bucket(bucket)
end
if last >= to then return false end
return { text(last + 1), text(to) }
