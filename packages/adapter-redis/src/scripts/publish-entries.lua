-- Appends a batch to the bus's stream, and trims it.
-- KEYS[1]   the stream
-- ARGV      entries kept at least, the publisher; then for each entry: its topics, divided by blanks, and its text
-- Returns   the id of the last one
local last = false
for at = 3, #ARGV, 2 do
  last = redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[1], "*", "o", ARGV[2], "t", ARGV[at], "e", ARGV[at + 1])
end
return last
