-- Peer: wrk -t1 -c64 -s wrk.lua URL; answers counted and dropped.
wrk.method = "POST"
wrk.path = "/endpoints/ep1/invocations"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"input":"' .. string.rep("lorem ipsum ", 84) .. '"}'
while #wrk.body < 1024 do
  wrk.body = wrk.body .. " "
end

function done(summary)
  local errors = summary.errors
  local faults = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '\n{"records":%d,"seconds":%.6f,"faults":%d}\n'
  io.write(string.format(line, summary.requests, summary.duration / 1e6, faults))
end
