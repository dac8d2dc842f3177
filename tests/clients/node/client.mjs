// Talks to a running server through frappe-js-sdk: node client.mjs URL KEY:SECRET
// Closes with "N passed, N failed"; exit status 1 when anything failed.
import assert from 'node:assert/strict'
import sdk from 'frappe-js-sdk'

const [url, key] = process.argv.slice(2)
if (!url || !key) {
  console.error('usage: node client.mjs URL KEY:SECRET')
  process.exit(2)
}

const app = new sdk.FrappeApp(url, { useToken: true, token: () => key, type: 'token' })
const db = app.db()
const call = app.call()
let passed = 0
let failed = 0

async function check(name, body) {
  try {
    await body()
    passed += 1
  } catch (error) {
    failed += 1
    console.error(`FAILED ${name}:`, error?.message ?? error, error?.exc_type ?? '')
  }
}

const subject = `Made by a Node client ${process.pid}`
let ticket

await check('the key names its user', async () => {
  const user = await call.get('frappe.auth.get_logged_user')
  assert.match(user.message, /@/)
})

await check('a document is created', async () => {
  ticket = await db.createDoc('HD Ticket', {
    subject,
    description: '<p>From Node</p>',
    raised_by: 'ada@acme.example',
  })
  assert.ok(ticket.name)
  assert.equal(ticket.subject, subject)
  assert.equal(ticket.doctype, 'HD Ticket')
})

await check('a document is read', async () => {
  const read = await db.getDoc('HD Ticket', ticket.name)
  assert.equal(read.subject, subject)
  assert.equal(read.status, 'Open')
})

await check('a list is filtered, ordered and cut', async () => {
  const rows = await db.getDocList('HD Ticket', {
    fields: ['name', 'subject', 'creation'],
    filters: [['subject', '=', subject]],
    orderBy: { field: 'creation', order: 'desc' },
    limit: 5,
  })
  assert.deepEqual(rows.map((row) => row.name), [ticket.name])
  assert.deepEqual(Object.keys(rows[0]).sort(), ['creation', 'name', 'subject'])
})

await check('or-filters, a start and arrays', async () => {
  const rows = await db.getDocList('HD Ticket', {
    fields: ['name', 'status'],
    orFilters: [['status', '=', 'Open'], ['status', '=', 'Closed']],
    limit_start: 1,
    limit: 2,
    orderBy: { field: 'name', order: 'asc' },
    asDict: false,
  })
  assert.ok(rows.length <= 2)
  assert.ok(rows.every((row) => Array.isArray(row)))
})

await check('documents are counted', async () => {
  assert.equal(await db.getCount('HD Ticket', [['subject', '=', subject]]), 1)
})

await check('a document is changed', async () => {
  const changed = await db.updateDoc('HD Ticket', ticket.name, { priority: 'High' })
  assert.equal(changed.priority, 'High')
  assert.equal((await db.getDoc('HD Ticket', ticket.name)).priority, 'High')
})

await check('a method is called with a body', async () => {
  const answer = await call.post('helpdesk.api.ticket.assign_ticket_to_agent', { ticket_id: ticket.name })
  assert.equal(answer.message.name, ticket.name)
  assert.match(answer.message._assign, /@/)
})

await check('a refusal is told as the SDK expects it', async () => {
  await assert.rejects(
    () => db.createDoc('HD Ticket', { description: 'no subject' }),
    (error) => {
      assert.equal(error.httpStatus, 417)
      assert.equal(error.exc_type, 'MandatoryError')
      assert.match(error._server_messages, /Subject/)
      return true
    },
  )
})

await check('a missing document is a 404', async () => {
  await assert.rejects(() => db.getDoc('HD Ticket', 'nothing-of-that-name'), (error) => error.httpStatus === 404)
})

await check('a document is deleted', async () => {
  const answer = await db.deleteDoc('HD Ticket', ticket.name)
  assert.equal(answer.data ?? answer.message, 'ok')
  await assert.rejects(() => db.getDoc('HD Ticket', ticket.name), (error) => error.httpStatus === 404)
})

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
