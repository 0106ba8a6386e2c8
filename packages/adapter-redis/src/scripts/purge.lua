-- One step of taking away what is left of a removed conversation: its log, and the stretches that tell of it.
-- KEYS  feed, purges, conversation, log
-- ARGV  id, events at most
-- Out   1: more is left; 0: that was all

local rest = call('HGET', KEYS[3], ' purge')
if not rest then
  call('SREM', KEYS[2], ARGV[1])
  return 0
end
local first, head, part = match(rest, '^(%d+) (%d+) (%d+)$')
first, head = tonumber(first), tonumber(head)
local last = math.min(head, first + tonumber(ARGV[2]) - 1)
local stamps, seqs = {}, {}
if part ~= '0' then stamps[1] = part .. '-0' end
for seq = first, last do
  local event = call('HGET', KEYS[4], text(seq))
  local stamp = event and match(event, '^%d+\n(%d+)\n')
  if stamp then stamps[#stamps + 1] = stamp .. '-0' end
  seqs[#seqs + 1] = text(seq)
end
if #stamps > 0 then call('XDEL', KEYS[1], unpack(stamps)) end
if #seqs > 0 then call('HDEL', KEYS[4], unpack(seqs)) end
if last < head then
  call('HSET', KEYS[3], ' purge', format('%d %d 0', last + 1, head))
  return 1
end
call('UNLINK', KEYS[4])
call('HDEL', KEYS[3], ' purge')
call('SREM', KEYS[2], ARGV[1])
return 0
