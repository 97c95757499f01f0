-- The token check takes any JWT that our keys signed, in any spelling that decodes. An access token is one of its type,
-- with the id of its key, with nothing in its header beyond that, and in the one canonical spelling.
local function is_canonical(part)
  if not part:find("^[%w_-]+$") then return false end
  local rest = #part % 4
  -- Where the last character has bits to spare, they are zero.
  if rest == 2 then return part:find("[AQgw]$") ~= nil end
  if rest == 3 then return part:find("[AEIMQUYcgkosw048]$") ~= nil end
  return rest == 0
end

local function is_access_token(header, authorization)
  if type(header.typ) ~= "string" or type(header.kid) ~= "string" or header.kid == "" then return false end
  local typ = header.typ:lower()
  if typ ~= "at+jwt" and typ ~= "application/at+jwt" then return false end
  for name in pairs(header) do
    if name ~= "alg" and name ~= "kid" and name ~= "typ" then return false end
  end
  local first, second, third = authorization:match("^%a+ ([^.]+)%.([^.]+)%.([^.]+)$")
  -- ES256: 64 bytes.
  return third ~= nil and #third == 86 and is_canonical(first) and is_canonical(second) and is_canonical(third)
end

function envoy_on_request(handle)
  local checked = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")
  -- Where no token is asked for, none was looked at.
  if not checked or not checked.header then return end
  if not is_access_token(checked.header, handle:headers():get("authorization") or "") then
    handle:respond({ [":status"] = "401" }, "")
  end
end
