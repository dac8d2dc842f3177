// Measures a running server: node measure.mjs URL KEY PID [SOCKETS] [RECONNECTING] [ROUNDS]
// - SOCKETS (1,000) websockets in one room: how long from a write's request until the last, and the median one, hears
//   of it, over ROUNDS; memory of the server a socket
// - RECONNECTING (5,000) clients go at once, events happen, they come back and name the last one they saw: all of them
//   must have heard everything
// Exit status 1 where an event was lost. Figures count within one run only: clients and server share the machine.
import fs from 'node:fs'
import { call, connect, pause } from './lib.mjs'

const [url, key, pid, sockets = '1000', reconnecting = '5000', rounds = '9'] = process.argv.slice(2)
const host = new URL(url).hostname
const headers = { origin: `http://${host}`, authorization: `token ${key}` }
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const made = await call(url, key, 'POST', '/api/resource/HD Ticket', {
  subject: 'Measured', description: '<p>x</p>', raised_by: 'ada@acme.example',
})
const ticket = made.json.data.name
const room = `doc:HD Ticket/${ticket}`
const change = (subject) => call(url, key, 'PUT', `/api/resource/HD Ticket/${ticket}`, { subject })

// Connects `count` clients, some at a time; `heard(index, event, args)`.
async function crowd(count, heard, options) {
  const list = []
  let ready = 0
  for (let i = 0; i < count; i++) {
    list.push(
      connect(url, host, headers, (event, args) => {
        if (event === '(connected)') ready += 1
        else if (event === '(connect_error)') throw new Error(`client ${i}: ${args[0]}`)
        else heard(i, event, args)
      }, options(i)),
    )
    if (i % 100 === 99) await pause(5)
    while (i + 1 - ready > 300) await pause(5)
  }
  while (ready < count) await pause(10)
  return list
}

{
  const count = Number(sockets)
  const before = resident()
  let got = []
  const list = await crowd(count, (_, event) => event === 'doc_update' && got.push(performance.now()), () => ({}))
  for (const socket of list) socket.emit('doc_subscribe', 'HD Ticket', ticket)
  await pause(3000)
  const each = (resident() - before) / count
  const lasts = []
  const medians = []
  for (let round = 0; round < Number(rounds); round++) {
    got = []
    const began = performance.now()
    await change(`Round ${round}`)
    while (got.length < count) {
      if (performance.now() - began > 20_000) throw new Error(`only ${got.length} of ${count} heard`)
      await pause(1)
    }
    lasts.push(Math.max(...got) - began)
    medians.push(median(got) - began)
    await pause(200)
  }
  console.log(
    `${count} sockets: all hear of a change after ${median(lasts).toFixed(0)} ms (median of ${rounds} rounds; ` +
      `the median socket ${median(medians).toFixed(0)} ms), ${each.toFixed(1)} KiB a socket`,
  )
  for (const socket of list) socket.disconnect()
  await pause(1000)
}

{
  const count = Number(reconnecting)
  const last = new Array(count).fill(0)
  const seen = Array.from({ length: count }, () => [])
  const hear = (i, event, args) => {
    if (event === 'events:resumed') last[i] ||= args[0].last_event_id
    if (event !== 'doc_update') return
    last[i] = args[1].id
    seen[i].push(args[0].modified)
  }
  const auth = (i) => ({ auth: { last_event_id: last[i], rooms: [room] } })
  let list = await crowd(count, hear, auth)
  await change('Before')
  while (seen.some((one) => one.length < 1)) await pause(10)
  for (const socket of list) socket.disconnect()
  const missed = []
  for (let i = 0; i < 10; i++) {
    missed.push((await change(`Missed ${i}`)).json.data.modified)
    await pause(130)
  }
  const began = performance.now()
  // All at once, while more happens.
  const back = crowd(count, hear, auth)
  for (let i = 0; i < 5; i++) {
    missed.push((await change(`Meanwhile ${i}`)).json.data.modified)
    await pause(200)
  }
  list = await back
  const took = performance.now() - began
  await pause(3000)
  const lost = seen.filter((one) => one.length !== 16 || missed.some((modified, i) => one[i + 1] !== modified))
  console.log(
    `${count} reconnecting: back after ${(took / 1000).toFixed(1)} s, ${count - lost.length} heard all 15 missed events ` +
      `once and in order, ${lost.length} did not; server ${(resident() / 1024).toFixed(0)} MiB`,
  )
  if (lost.length) console.log('the first that did not heard', lost[0], 'of', missed)
  for (const socket of list) socket.disconnect()
  process.exit(lost.length ? 1 : 0)
}
