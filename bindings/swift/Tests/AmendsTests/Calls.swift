import Amends
import AmendsTesting
import Foundation
import XCTest

/// A phone by the system's clock.
func phone(_ name: String, secrets: SecretStore = MemorySecrets()) async throws -> Space {
    try await Space.create(
        folder: newFolder(), name: name, services: HostServices(secrets: secrets))
}

func paired() async throws -> (Space, Space) {
    let (ana, ben) = (try await phone("Ana"), try await phone("Ben"))
    try await pair(ana, ben)
    return (ana, ben)
}

/// The error of a call that must fail.
func failure<T>(_ work: () async throws -> T) async -> AmendsError? {
    do {
        _ = try await work()
        XCTFail("nothing was thrown")
        return nil
    } catch {
        return error as? AmendsError
    }
}
