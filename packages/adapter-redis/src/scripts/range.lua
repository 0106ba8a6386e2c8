-- A page of a log, with rights and head of the same moment.
-- KEYS  bucket, conversation, log, index, messages
-- ARGV  "=" and the reader (empty: the gateway); "log" or "present"; after; before (empty: to the head); "oldest", "newest" or a
--       seq; replies to (empty: all); rows; bytes
-- Out   false (none, or not the reader's) or { "clock life", head, what seldom changes, record or "", rows below the
--       start (at most one too many), rows from there up (likewise), the first of those below, downwards, the first of
--       those above, upwards: as many as the page may have, and at least as many as its bytes allow }

local reader, view, re = string.sub(ARGV[1], 2), ARGV[2], ARGV[6]
local rows, bytes = tonumber(ARGV[7]), tonumber(ARGV[8])
local log, index, messages = KEYS[3], KEYS[4], KEYS[5]

local bucket = load_bucket(KEYS[1])
local conversation = whole_conversation(load_conversation(KEYS[2], bucket))
if not conversation then return false end

local spans, record = { { conversation.first } }, ''
if ARGV[1] ~= '' then
  local member = load_member(conversation, reader)
  if not member or not member.rank then return false end
  spans, record = spans_of(conversation, member), member_text(member)
end

local low = tonumber(ARGV[3]) + 1
local high = ARGV[4] == '' and conversation.head or math.min(tonumber(ARGV[4]) - 1, conversation.head)
local start = ARGV[5] == 'oldest' and low or ARGV[5] == 'newest' and high + 1 or tonumber(ARGV[5])

-- The last 16 characters of each: its seq.
local function seqs_of(names)
  local seqs = {}
  for n = 1, #names do seqs[n] = tonumber(string.sub(names[n], -16)) end
  return seqs
end

-- Names of the index with that prefix, for seqs from one to the other.
local function indexed(prefix, from, to, most)
  local command = from <= to and 'ZRANGEBYLEX' or 'ZREVRANGEBYLEX'
  local range = { '[' .. prefix .. fixed(from), '[' .. prefix .. fixed(to) }
  return seqs_of(call(command, index, range[1], range[2], 'LIMIT', 0, most))
end

-- Two lists in one order, `step` 1 up or -1 down.
local function merged(one, other, step, most)
  local all, a, b = {}, 1, 1
  while #all < most and (one[a] or other[b]) do
    if not other[b] or (one[a] and one[a] * step < other[b] * step) then
      all[#all + 1], a = one[a], a + 1
    else
      all[#all + 1], b = other[b], b + 1
    end
  end
  return all
end

local function messages_up(from, to, most)
  local at = ord_at(conversation, log, from - 1) - conversation.cut
  local found = {}
  for _, seq in ipairs(call('LRANGE', messages, text(at), text(at + most - 1))) do
    if tonumber(seq) > to then break end
    found[#found + 1] = tonumber(seq)
  end
  return found
end

local function messages_down(from, to, most)
  local last = ord_at(conversation, log, from) - conversation.cut - 1
  local found = {}
  if last < 0 then return found end
  local page = call('LRANGE', messages, text(math.max(0, last - most + 1)), text(last))
  for n = #page, 1, -1 do
    if tonumber(page[n]) < to then break end
    found[#found + 1] = tonumber(page[n])
  end
  return found
end

-- At most so many seqs of the view from one to the other, both included, up or down.
local function seqs_between(from, to, step, most)
  if re ~= '' then return indexed('t' .. fixed(tonumber(re)), from, to, most) end
  if view == 'present' then
    local said = step > 0 and messages_up(from, to, most) or messages_down(from, to, most)
    return merged(said, indexed('y', from, to, most), step, most)
  end
  local seqs = {}
  for seq = from, to, step do
    if #seqs >= most then break end
    seqs[#seqs + 1] = seq
  end
  return seqs
end

local function upwards(from, to, most)
  local all = {}
  for n = 1, #spans do
    local first, last = math.max(from, spans[n][1]), math.min(to, spans[n][2] or to)
    if first <= last then
      for _, seq in ipairs(seqs_between(first, last, 1, most - #all)) do all[#all + 1] = seq end
    end
    if #all >= most then break end
  end
  return all
end

local function downwards(from, to, most)
  local all = {}
  for n = #spans, 1, -1 do
    local first, last = math.min(from, spans[n][2] or from), math.max(to, spans[n][1])
    if first >= last then
      for _, seq in ipairs(seqs_between(first, last, -1, most - #all)) do all[#all + 1] = seq end
    end
    if #all >= most then break end
  end
  return all
end

-- Bytes of the texts are fewer than those of the JSON that they become.
local function read(seqs, most)
  local page, size = {}, 0
  for n = 1, math.min(#seqs, most) do
    local event = call('HGET', log, text(seqs[n]))
    if not event then break end
    local row = view == 'present' and present_row(log, index, seqs[n], event, reader) or { text(seqs[n]), event }
    size = size + ((row[4] or '') == '' and #event or #row[4])
    page[n] = row
    if size > bytes then break end
  end
  return page
end

local below = downwards(math.min(high, start - 1), low, rows + 1)
local above = upwards(math.max(low, start), high, rows + 1)
local lower = math.min(#below, math.max(math.floor(rows / 2), rows - #above))
return {
  told(bucket), head_text(conversation), seldom_text(conversation), record, #below, #above,
  read(below, lower), read(above, rows - lower),
}
