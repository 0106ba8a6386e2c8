-- How many members have each of the newest messages: one walk over the members.
-- KEYS  conversation, log, messages
-- ARGV  how many messages at most
-- Out   false (no such conversation) or { seq, delivered, read, … }, oldest first

if call('HEXISTS', KEYS[1], ' h') == 0 then return false end
local seqs = call('LRANGE', KEYS[3], text(-tonumber(ARGV[1])), -1)
local count = #seqs
if count == 0 then return {} end
local delivered, read = {}, {}
for n = 1, count do
  seqs[n] = tonumber(seqs[n])
  delivered[n], read[n] = 0, 0
end

-- The last message that a mark reaches.
local function reached(mark)
  local low, high = 0, count
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if seqs[middle] <= mark then low = middle else high = middle - 1 end
  end
  return low
end

local function marks(record)
  local d, r = match(record, MARKS)
  return tonumber(d), tonumber(r)
end

for _, record in ipairs(call('HVALS', KEYS[1])) do
  local d, r = marks(record)
  if d and d >= seqs[1] then
    local last = reached(d)
    delivered[last] = delivered[last] + 1
    last = reached(r)
    if last > 0 then read[last] = read[last] + 1 end
  end
end

local rows = {}
-- Who has come farther has come so far as well.
for n = count - 1, 1, -1 do
  delivered[n], read[n] = delivered[n] + delivered[n + 1], read[n] + read[n + 1]
end
for n = 1, count do
  local author = call('HGET', KEYS[1], load_target(KEYS[2], seqs[n]).from)
  local d, r = marks(author or '')
  rows[#rows + 1] = seqs[n]
  rows[#rows + 1] = delivered[n] - ((d or 0) >= seqs[n] and 1 or 0)
  rows[#rows + 1] = read[n] - ((r or 0) >= seqs[n] and 1 or 0)
end
return rows
