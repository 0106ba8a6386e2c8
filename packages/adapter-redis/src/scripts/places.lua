-- Where the rows of a user's inbox stand: when each has changed last.
-- KEYS  of each bucket: it; of each conversation: it
-- ARGV  user; how many buckets; of each conversation: above which change it is asked for
-- Out   for each conversation false (nothing above, or never a member) or "change 1" (a row) or "change 0" (gone); then
--       for each bucket "clock life"

local count = tonumber(ARGV[2])
local results = {}
for n = 1, #KEYS - count do
  local above = tonumber(ARGV[n + 2])
  local fields = call('HMGET', KEYS[count + n], ' h', ' gone', ARGV[1])
  local record = (fields[1] or fields[2]) and fields[3]
  results[n] = false
  if record then
    local rank, change = match(record, '^(%S) %d+ %d+ %d+ %d+ %d+ (%d+) ')
    change = tonumber(change)
    if rank ~= '-' then
      change = math.max(change, tonumber(fields[1] and match(fields[1], '(%d+)$') or fields[2]))
    end
    -- Who only has written here has change 0, which tells nobody anything.
    if change > above then results[n] = text(change) .. ((rank ~= '-' and fields[1]) and ' 1' or ' 0') end
  end
end
for n = 1, count do results[#results + 1] = told(load_bucket(KEYS[n])) end
return results
