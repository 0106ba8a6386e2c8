-- Tells a direct, there or about to be, whether its pair is blocked.
-- KEYS  conversation
-- ARGV  1 or 0, version of that: an older one changes nothing

if call('HEXISTS', KEYS[1], ' gone') == 1 then return 0 end
local known = call('HGET', KEYS[1], ' b')
if known and tonumber(match(known, '^%d+')) >= tonumber(ARGV[2]) then return 0 end
call('HSET', KEYS[1], ' b', ARGV[2] .. ' ' .. ARGV[1])
return 1
