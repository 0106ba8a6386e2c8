-- Bans a user who is no member, or lifts a ban.
-- KEYS  conversation
-- ARGV  user, whether banned (0 or 1)
-- Out   1, or 0: no such conversation, or a member

local fields = call('HMGET', KEYS[1], ' h', ARGV[1])
if not fields[1] or (fields[2] and parse_member(fields[2]).rank) then return 0 end
if ARGV[2] == '1' then call('HSET', KEYS[1], ' b:' .. ARGV[1], '1') else call('HDEL', KEYS[1], ' b:' .. ARGV[1]) end
return 1
