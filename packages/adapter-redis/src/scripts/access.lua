-- Where conversations stand, and what is kept of members of theirs.
-- KEYS  of each bucket: it; of each pair: conversation
-- ARGV  name of a new life; how many buckets, the last change told of each; of each pair: user
--       (empty: nobody)
-- Out   for each pair false (no such conversation) or { head, what seldom changes, record or "" }; then for each bucket
--       "clock life"

local count = tonumber(ARGV[2])
local results, buckets = {}, {}
for n = 1, count do
  buckets[n] = load_bucket(KEYS[n])
  witness(buckets[n], tonumber(ARGV[n + 2]), ARGV[1])
end
for n = 1, #KEYS - count do
  -- No field has an empty name.
  local fields = call('HMGET', KEYS[count + n], ' h', ' s', ARGV[count + n + 2])
  results[n] = fields[1] and { fields[1], fields[2], fields[3] or '' } or false
end
for n = 1, count do results[#results + 1] = told(buckets[n]) end
return results
