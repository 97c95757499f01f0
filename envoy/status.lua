-- A service cannot choose an HTTP status over gRPC; it names one in `x-http-status`, for answers to JSON callers only.
function envoy_on_response(handle)
  local headers = handle:headers()
  local status = headers:get("x-http-status")
  headers:remove("x-http-status")
  if not status or not status:match("^[234]%d%d$") then return end
  if (headers:get("content-type") or ""):find("^application/grpc") then return end
  -- A body after these would be read as the next answer.
  if (status == "204" or status == "304") and headers:get("content-length") ~= "0" then return end
  if (headers:get("grpc-status") or "0") == "0" then headers:replace(":status", status) end
end
