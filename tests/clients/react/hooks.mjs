// The hooks of frappe-react-sdk that follow rooms, against a running server: node hooks.mjs URL KEY KEY
// Two agents (`key:secret`) render a page each, with what a browser gives such a page and Node.js does not.
import assert from 'node:assert/strict'
import { createElement, useCallback } from 'react'
import TestRenderer, { act } from 'react-test-renderer'
import WebSocketOfNode from 'ws'
import requests from 'xmlhttprequest-ssl'

const [url, ...keys] = process.argv.slice(2)

globalThis.window = globalThis
globalThis.location = new URL(url)
globalThis.IS_REACT_ACT_ENVIRONMENT = true
const origin = location.origin
globalThis.WebSocket = class extends WebSocketOfNode {
  constructor(address, protocols) {
    super(address, protocols, { headers: { origin } })
  }
}
globalThis.XMLHttpRequest = class extends requests.XMLHttpRequest {
  constructor() {
    super()
    this.setDisableHeaderCheck(true)
    const open = this.open
    this.open = (...args) => {
      open.apply(this, args)
      this.setRequestHeader('Origin', origin)
    }
  }
}
// Looks around when it is loaded.
const { default: sdk } = await import('frappe-react-sdk')

async function call(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `token ${keys[0]}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200, await answer.clone().text())
  return (await answer.json()).data
}

// Waits until a page has heard something; what React does meanwhile is its own.
async function until(what, holds) {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (holds()) return
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)))
  }
  throw new Error(`never: ${what}`)
}

const same = (some, others) => JSON.stringify([...some].sort()) === JSON.stringify([...others].sort())

// A page that lists tickets and shows one of them.
function Page({ ticket, page }) {
  sdk.useFrappeEventListener('helpdesk:new-ticket', useCallback((event) => page.announced.push(event), [page]))
  sdk.useFrappeDocTypeEventListener('HD Ticket', useCallback((event) => page.listed.push(event), [page]))
  const updated = useCallback((event) => page.updated.push(event), [page])
  page.viewers = sdk.useFrappeDocumentEventListener('HD Ticket', ticket, updated).viewers
  return null
}

async function open(key, ticket) {
  const page = { announced: [], listed: [], updated: [], viewers: [] }
  const provided = {
    url,
    siteName: location.hostname,
    socketPort: location.port,
    tokenParams: { useToken: true, token: () => key, type: 'token' },
  }
  await act(async () => {
    const child = createElement(Page, { ticket, page })
    page.root = TestRenderer.create(createElement(sdk.FrappeProvider, provided, child))
  })
  return page
}

const { name } = await call('POST', '/api/resource/HD Ticket', { subject: 'Rendered' })
const first = await open(keys[0], name)
const second = await open(keys[1], name)
const users = ['nora@desk.example', 'tomas@desk.example']
await until('both pages see both viewers', () =>
  [first, second].every((page) => same(page.viewers, users)),
)

await call('PUT', `/api/resource/HD Ticket/${name}`, { subject: 'Changed' })
for (const page of [first, second]) {
  await until('the ticket changes', () => page.updated.some((event) => event.name === name))
  await until('the list changes', () => page.listed.some((event) => event.name === name))
  assert.equal(page.updated[0].doctype, 'HD Ticket')
  assert.ok(page.listed.every((event) => event.doctype === 'HD Ticket' && event.user === users[0]))
}

const other = await call('POST', '/api/resource/HD Ticket', { subject: 'Another' })
await until('the new ticket is announced', () => second.announced.length > 0)
await until('the new ticket is listed', () => second.listed.some((event) => event.name === other.name))
assert.ok(second.updated.every((event) => event.name === name), 'another ticket is in no room of this page')

await act(async () => second.root.unmount())
await until('who closes the page is no viewer', () => same(first.viewers, [users[0]]))
console.log('the hooks follow their rooms')
process.exit(0)
