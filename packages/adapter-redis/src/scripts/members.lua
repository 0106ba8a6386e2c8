-- One page of members.
-- KEYS  bucket, conversation, index
-- ARGV  "<rank><user>" after which (empty: from the first), how many at most
-- Out   false (none) or { "clock life", head, what seldom changes, "<rank><user>", … }

local fields = call('HMGET', KEYS[2], ' h', ' s')
if not fields[1] then return false end
local page = call('ZRANGEBYLEX', KEYS[3], '(o' .. ARGV[1], '(o\255', 'LIMIT', 0, ARGV[2])
for n = 1, #page do page[n] = string.sub(page[n], 2) end
return { told(load_bucket(KEYS[1])), fields[1], fields[2], unpack(page) }
