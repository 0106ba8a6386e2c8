-- Notes that what was signed for a user before holds no longer, and forgets some notes that are over.
-- KEYS  bucket, marks of users, ends of users
-- ARGV  user, ms that it is kept
-- Out   the mark

local bucket = load_bucket(KEYS[1])
local mark = text(tick(bucket))
local ms = math.floor(now() / 1000)
local before = tonumber(call('ZSCORE', KEYS[3], ARGV[1]) or 0)
call('ZADD', KEYS[3], text(math.max(before, ms + tonumber(ARGV[2]))), ARGV[1])
call('ZADD', KEYS[2], mark, ARGV[1])
for _, user in ipairs(call('ZRANGEBYSCORE', KEYS[3], '-inf', text(ms), 'LIMIT', 0, 16)) do
  call('ZREM', KEYS[2], user)
  call('ZREM', KEYS[3], user)
end
save_bucket(bucket)
return mark
