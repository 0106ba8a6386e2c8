-- What the events of type meta have made of a conversation.
-- KEYS  bucket, conversation
-- Out   false (none) or { "clock life", head, what seldom changes, title, meta, pinned, retention (JSON) }

local fields = call('HMGET', KEYS[2], ' h', ' s', ' title', ' meta', ' pinned', ' retention')
if not fields[1] then return false end
table.insert(fields, 1, told(load_bucket(KEYS[1])))
return fields
