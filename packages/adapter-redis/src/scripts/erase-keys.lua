-- One step of making a user's keys take any content as the one that was sent.
-- KEYS  log
-- ARGV  user, place in the walk ("0" at first), seq of the last event whose key is theirs, fields at most
-- Out   the place to go on from; "0": that was all

local page = call('HSCAN', KEYS[1], ARGV[2], 'MATCH', ARGV[1] .. ' *', 'COUNT', ARGV[4])
for n = 1, #page[2], 2 do
  local seq, ord, at = match(page[2][n + 1], '^(%d+) (%d+) (%d+) %S+ ')
  if tonumber(seq) <= tonumber(ARGV[3]) then
    local flags = match(page[2][n + 1], '^%d+ %d+ %d+ (%S+) ')
    call('HSET', KEYS[1], page[2][n], seq .. ' ' .. ord .. ' ' .. at .. ' ' .. (flags == 'w' and 'E' or 'e') .. ' ')
  end
end
return page[1]
