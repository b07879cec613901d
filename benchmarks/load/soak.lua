-- Mixed traffic for wrk: good and bad requests in turn; counts the statuses, and what should never be.
-- REQUESTS is a file of "method path type bytes\n<body>" records.

local requests, turn = {}, 0

function init(arguments)
  local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
  for line in file:lines() do
    local method, path, kind, size = line:match("^(%S+) (%S+) (%S+) (%d+)$")
    local body = file:read(tonumber(size)) or ""
    file:read(1)
    requests[#requests + 1] = wrk.format(method, path, { ["content-type"] = kind }, body)
  end
  ours = 0
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status, headers, body)
  if status >= 500 or body:find('"statusCode": 5', 1, true) or body:find('"errorType"', 1, true) then
    ours = ours + 1
  end
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local failed = 0
  for _, thread in ipairs(threads) do failed = failed + thread:get("ours") end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.1f, "ours": %d, "sockets": %d, "timeouts": %d, ' ..
    '"p50_ms": %.2f, "p99_ms": %.2f, "max_ms": %.2f}\n',
    summary.requests, summary.duration / 1e6, failed,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
