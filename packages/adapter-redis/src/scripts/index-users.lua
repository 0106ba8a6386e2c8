-- Notes for users of one bucket that a conversation may be theirs. Before it is: one note too many does no harm.
-- KEYS  bucket; of each user: their index
-- ARGV  conversation

local bucket = load_bucket(KEYS[1])
local stamp = text(tick(bucket))
local added = 0
for n = 2, #KEYS do added = added + call('ZADD', KEYS[n], 'NX', stamp, ARGV[1]) end
if added > 0 then save_bucket(bucket) end
