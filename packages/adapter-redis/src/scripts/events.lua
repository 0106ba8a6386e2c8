-- Events of stretches, as they are now.
-- KEYS  of each bucket: it; of each stretch: conversation, log
-- ARGV  how many buckets; events at most, bytes at most; of each stretch: number of its bucket, first seq, last seq
-- Out   for each stretch until the events or bytes are over: false (no such conversation any more) or { epoch, 1 if they
--       were over within it, seq, event, … }; stretches that are missing were not looked at

local count = tonumber(ARGV[1])
local left, bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local results, buckets = {}, {}
for n = 1, count do buckets[n] = load_bucket(KEYS[n]) end
for n = 1, (#KEYS - count) / 2 do
  if left <= 0 or bytes < 0 then break end
  local bucket = buckets[tonumber(ARGV[n * 3 + 1])]
  local conversation = whole_conversation(load_conversation(KEYS[count + n * 2 - 1], bucket))
  local found = false
  if conversation then
    found = { epoch_of(conversation), 0 }
    for seq = math.max(tonumber(ARGV[n * 3 + 2]), conversation.first), tonumber(ARGV[n * 3 + 3]) do
      if left <= 0 or bytes < 0 then
        found[2] = 1
        break
      end
      local event = call('HGET', KEYS[count + n * 2], text(seq))
      if event then
        found[#found + 1] = text(seq)
        found[#found + 1] = event
        left, bytes = left - 1, bytes - #event
      end
    end
  end
  results[n] = found
end
return results
