// What the scripts here share: connecting as somebody, and calling the server over HTTP.
import { io } from 'socket.io-client'

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Connects to a namespace of the site and hands every event to `heard(event, args)`, that it is connected or refused
// included, as `(connected)` and `(connect_error)`.
export function connect(url, namespace, headers, heard, options = {}) {
  const socket = io(`${url}/${namespace}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: headers,
    ...options,
  })
  socket.on('connect', () => heard('(connected)', []))
  socket.on('connect_error', (error) => heard('(connect_error)', [error.message, error.data ?? null]))
  socket.onAny((event, ...args) => heard(event, args))
  return socket
}

// A request with a key, and JSON both ways.
export async function call(url, key, method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `token ${key}`, accept: 'application/json', 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  let json
  try {
    json = JSON.parse(text)
  } catch {
    json = text
  }
  return { status: response.status, json }
}

export const onTicket = (url, key, ticket, method, args) =>
  call(url, key, 'POST', '/api/method/run_doc_method', { dt: 'HD Ticket', dn: ticket, method, args })
