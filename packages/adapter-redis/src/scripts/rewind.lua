-- Tells buckets what was told of them, so that one that was put back begins another life.
-- KEYS  of each bucket: it
-- ARGV  name of a new life; of each bucket the last change told
-- Out   for each bucket "clock life"

local results = {}
for n = 1, #KEYS do
  local bucket = load_bucket(KEYS[n])
  witness(bucket, tonumber(ARGV[n + 1]), ARGV[1])
  results[n] = told(bucket)
end
return results
