-- Moves a position, if it is still where it was.
-- KEYS  position
-- ARGV  "0", or "1" and the text that it was; the text that it is to be
-- Out   the text that it is now, or false

local kept = redis.call('GET', KEYS[1])
local as_it_was
if ARGV[1] == '0' then as_it_was = not kept else as_it_was = kept == ARGV[2] end
if not as_it_was then return kept end
redis.call('SET', KEYS[1], ARGV[3])
return ARGV[3]
