-- How many members are at a seq or above, and watermarks of those who come first after a user.
-- KEYS  conversation, index
-- ARGV  seq, user after whom (empty: from the first), how many at most
-- Out   false (none) or { delivered, read, user, "delivered read", … }: of each rank the first, in no order

if call('HEXISTS', KEYS[1], ' h') == 0 then return false end
local seq = tonumber(ARGV[1])
local delivered, read = 0, 0
for _, record in ipairs(call('HVALS', KEYS[1])) do
  local d, r = match(record, MARKS)
  if d and tonumber(d) >= seq then
    delivered = delivered + 1
    if tonumber(r) >= seq then read = read + 1 end
  end
end
local found = { delivered, read }
for rank = 0, 3 do
  local prefix = 'o' .. rank
  for _, name in ipairs(call('ZRANGEBYLEX', KEYS[2], '(' .. prefix .. ARGV[2], '(' .. prefix .. '\255', 'LIMIT', 0, ARGV[3])) do
    local user = string.sub(name, 3)
    found[#found + 1] = user
    found[#found + 1] = match(call('HGET', KEYS[1], user), '^%d (%d+ %d+)')
  end
end
return found
