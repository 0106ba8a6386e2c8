-- Stretches of events above a place in each bucket, and where its clock stands.
-- KEYS  of each bucket: it, its feed
-- ARGV  stretches at most of each bucket; of each bucket the stamp above which
-- Out   for each bucket { "clock life", "conversation first last", stamp, … }

local results = {}
for n = 1, #KEYS / 2 do
  local found = { told(load_bucket(KEYS[n * 2 - 1])) }
  for _, entry in ipairs(call('XRANGE', KEYS[n * 2], '(' .. ARGV[n + 1], '+', 'COUNT', ARGV[1])) do
    found[#found + 1] = entry[2][2]
    found[#found + 1] = match(entry[1], '^%d+')
  end
  results[n] = found
end
return results
