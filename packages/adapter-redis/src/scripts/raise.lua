-- Raises watermarks, each by itself.
-- KEYS  of each bucket: it; of each conversation: it, log, index
-- ARGV  how many buckets; how many conversations, of each the number of its bucket; of each raise: number of the
--       conversation, user, epoch, delivered, read (each empty where it is not given)
-- Out   for each false (no member) or "delivered read rose members epoch"; then for each bucket "clock life"

local buckets, conversations, results = {}, {}, {}
for n = 1, tonumber(ARGV[1]) do buckets[n] = load_bucket(KEYS[n]) end
for n = 1, tonumber(ARGV[2]) do
  local at = #buckets + n * 3 - 2
  local conversation = load_conversation(KEYS[at], buckets[tonumber(ARGV[n + 2])])
  if conversation then
    conversation.log, conversation.index = KEYS[at + 1], KEYS[at + 2]
  end
  conversations[n] = conversation or false
end

local function raise(conversation, user, epoch, delivered, read)
  local member = conversation and load_member(conversation, user)
  if not member or not member.rank then return false end
  whole_member(member)
  whole_conversation(conversation)
  local present = epoch_of(conversation)
  -- Seqs of another life of the log say nothing here.
  if epoch ~= '' and epoch ~= present then
    delivered, read = 0, nil
  end
  local to_read = math.max(member.read, math.min(read or 0, conversation.head))
  local to_delivered = math.max(member.delivered, math.min(delivered or 0, conversation.head), to_read)
  local read_rose = to_read > member.read
  local rose = read_rose or to_delivered > member.delivered
  local unmarked = member.marked and read
  if read_rose then
    read_up_to(conversation.index, user, member, to_read, ord_at(conversation, conversation.log, to_read))
  end
  member.delivered = to_delivered
  if unmarked then member.marked = false end
  -- Their inbox row says nothing new of `delivered` alone.
  if read_rose or unmarked then member.change = tick(conversation.bucket) end
  if rose or unmarked then member.dirty = true end
  return format('%d %d %s %d %s', to_delivered, to_read, rose and '1' or '0', conversation.members, present)
end

for at = #conversations + 3, #ARGV, 5 do
  local conversation = conversations[tonumber(ARGV[at])]
  local delivered, read = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  results[#results + 1] = raise(conversation, ARGV[at + 1], ARGV[at + 2], delivered, read)
end
for _, conversation in ipairs(conversations) do
  if conversation then save_members(conversation, {}) end
end
for _, bucket in ipairs(buckets) do
  save_bucket(bucket)
  results[#results + 1] = told(bucket)
end
return results
