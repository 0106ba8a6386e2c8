-- Whether a stream still holds an entry, without sending it: if it does, nothing after it was trimmed either.
-- KEYS[1]   the stream
-- ARGV      the entry's id
-- Returns   1 or 0
return #redis.call("XRANGE", KEYS[1], ARGV[1], ARGV[1])
