import Amends
import AmendsTesting
import Foundation

func phone(_ name: String) async throws -> Space {
    try await Space.openOrCreate(folder: newFolder(), name: name, services: HostServices(secrets: MemorySecrets()))
}
let (ana, ben) = (try await phone("Ana"), try await phone("Ben"))
let show = try await ana.pairShow(listen: "127.0.0.1:0")
let join = try await ben.pairJoin(code: show.code()!, peer: show.address()!)
guard try await show.asked().code == join.asked().code else { fatalError("somebody stands in between") }
for pairing in [show, join] { pairing.answer(equal: true) }
for pairing in [show, join] { try await pairing.finished() }
try await ana.startSync(options: SyncOptions(listen: "127.0.0.1:0"))
try await ben.startSync(options: SyncOptions(peers: [ana.diagnostics().listening!]))
_ = try await ana.promises().make(new: NewPromise(action: "I call you when I leave.", due: .at(ana.now() + 3600), zone: "Europe/Berlin"))
for try await seen in ben.promiseChanges where !seen.isEmpty { print("Ben sees: \(seen[0].action!)"); break }
for space in [ana, ben] { try await space.shutdown() }
