-- Takes a conversation away from everybody at once. Its log is purged afterwards; what stays is its id, which is never
-- used again, and for each member that it is gone.
-- KEYS  bucket, feed, ids, purges, conversation, index, messages
-- ARGV  id, user (empty: the host), ranks that may
-- Out   { "not_found" | "forbidden" } or { "removed", pair or "", user, … }

local bucket = load_bucket(KEYS[1])
local conversation = whole_conversation(load_conversation(KEYS[5], bucket))
if not conversation then return { 'not_found' } end
if ARGV[2] ~= '' then
  local member = load_member(conversation, ARGV[2])
  if not member or not member.rank then return { 'not_found' } end
  if not find(ARGV[3], member.rank, 1, true) then return { 'forbidden' } end
end
local stamp = text(tick(bucket))
local names = call('ZRANGEBYLEX', KEYS[6], '[o', '(o\255')
local answer = { 'removed', call('HGET', KEYS[5], ' pair') or '' }
for n = 1, #names do answer[n + 2] = string.sub(names[n], 3) end
local rest = format('%d %d %d', conversation.first, conversation.head, conversation.part)
for _, field in ipairs(call('HKEYS', KEYS[5])) do
  if string.sub(field, 1, 1) == ' ' then call('HDEL', KEYS[5], field) end
end
call('HSET', KEYS[5], ' gone', stamp, ' purge', rest)
call('UNLINK', KEYS[6], KEYS[7])
call('ZREM', KEYS[3], ARGV[1])
call('SADD', KEYS[4], ARGV[1])
call('XADD', KEYS[2], stamp .. '-0', 's', ARGV[1] .. ' 0 0')
save_bucket(bucket)
return answer
