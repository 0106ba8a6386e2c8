-- Takes a log's beginning away.
-- KEYS  bucket, feed, conversation, log, index, messages
-- ARGV  before (empty: any age), messages (empty: any number), events at most
-- Out   false (no such conversation) or { first seq that is kept, 1 if more is left }

local bucket = load_bucket(KEYS[1])
local conversation = whole_conversation(load_conversation(KEYS[3], bucket))
if not conversation then return false end
local log, index, messages = KEYS[4], KEYS[5], KEYS[6]
local before, keep, rows = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first, head = conversation.first, conversation.head

local wanted = first
if keep and conversation.ord > keep then
  wanted = tonumber(call('LINDEX', messages, text(-keep)) or first)
end
if before then
  local farthest = math.min(head, first + rows + 1)
  local young = first
  while young < farthest do
    local event = call('HGET', log, text(young))
    if not event or tonumber(match(event, '^%d+\n%d*\n[^\n]*\n(%d+)')) >= before then break end
    young = young + 1
  end
  wanted = math.max(wanted, young)
end
local from = math.min(wanted, first + rows)
local answer = { text(from), wanted > from and 1 or 0 }
if from == first then return answer end

local fields, said, stretches = {}, 0, {}
local part = conversation.part
for seq = first, from - 1 do
  local event = call('HGET', log, text(seq))
  if event then
    local e = parse_event(event)
    if e.stamp ~= '' then
      -- Nothing is left of the stretch before this one.
      if part ~= 0 then stretches[#stretches + 1] = text(part) .. '-0' end
      part = tonumber(e.stamp)
    end
    if e.type == 'message' then
      said = said + 1
      unmention(index, seq, e.from, e.mentions)
      if e.re then call('ZREM', index, 't' .. fixed(e.re) .. fixed(seq)) end
      fields[#fields + 1] = 'E' .. text(seq)
      if call('HDEL', log, 'R' .. text(seq)) == 1 then remove_prefix(index, 'x' .. fixed(seq)) end
    end
  end
  fields[#fields + 1] = text(seq)
end
local next_event = call('HGET', log, text(from))
if part ~= 0 and next_event and match(next_event, '^%d+\n(%d+)\n') then
  stretches[#stretches + 1] = text(part) .. '-0'
  part = 0
end
if #stretches > 0 then call('XDEL', KEYS[2], unpack(stretches)) end
call('HDEL', log, unpack(fields))
call('ZREMRANGEBYLEX', index, '[y', '(y' .. fixed(from))
if said > 0 then call('LTRIM', messages, said, -1) end
conversation.first, conversation.part, conversation.cut = from, part, conversation.cut + said
call('HSET', KEYS[3], ' s', seldom_text(conversation))
return answer
