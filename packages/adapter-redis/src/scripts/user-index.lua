-- The conversations that may be a user's.
-- KEYS  bucket, the user's index
-- Out   { "clock life", conversation, when it was noted, conversation, … }

local found = call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
table.insert(found, 1, told(load_bucket(KEYS[1])))
return found
