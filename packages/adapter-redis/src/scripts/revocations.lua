-- Revocations above a mark.
-- KEYS  bucket, marks of users, ends of users
-- ARGV  mark, how many at most
-- Out   { mark up to which all were looked at, 1 if more are left, user, mark, … }

local limit = tonumber(ARGV[2])
local bucket = load_bucket(KEYS[1])
local page = call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
local more = #page > limit * 2
local ms = now() / 1000
local found = { text(math.max(bucket.at, tonumber(ARGV[1]))), more and 1 or 0 }
for n = 1, math.min(#page, limit * 2), 2 do
  if more then found[1] = page[n + 1] end
  if tonumber(call('ZSCORE', KEYS[3], page[n]) or 0) > ms then
    found[#found + 1] = page[n]
    found[#found + 1] = page[n + 1]
  end
end
return found
