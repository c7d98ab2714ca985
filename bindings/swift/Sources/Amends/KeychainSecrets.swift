#if canImport(Security)
import AmendsBindings
import Foundation
import Security

/// Keeps the keys in the Keychain of this device: not synchronised, not in a backup that
/// another device can read, and there once the device was unlocked after its start, so
/// that an exchange in the background works.
///
/// Compiled where the platform has a Keychain; the tests of this package run on Linux and
/// do not reach it.
public final class KeychainSecrets: SecretStore, Sendable {
    private let service: String

    /// `service` tells this app's keys from others in its Keychain.
    public init(service: String = "app.amends.keys") {
        self.service = service
    }

    private func item(_ name: String) -> [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword,
            kSecAttrService: service,
            kSecAttrAccount: name,
            kSecUseDataProtectionKeychain: true,
        ]
    }

    /// The secret called so, if there is one.
    public func read(name: String) throws -> Data? {
        var query = item(name)
        query[kSecReturnData] = true
        query[kSecMatchLimit] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        switch status {
        case errSecSuccess: return found as? Data
        case errSecItemNotFound: return nil
        default: throw failure(status)
        }
    }

    /// Keeps it, in place of what was there.
    public func write(name: String, secret: Data) throws {
        var new = item(name)
        new[kSecValueData] = secret
        new[kSecAttrAccessible] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        var status = SecItemAdd(new as CFDictionary, nil)
        if status == errSecDuplicateItem {
            let change = [kSecValueData: secret] as CFDictionary
            status = SecItemUpdate(item(name) as CFDictionary, change)
        }
        guard status == errSecSuccess else { throw failure(status) }
    }

    /// Removes it, if it is there.
    public func delete(name: String) throws {
        let status = SecItemDelete(item(name) as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw failure(status) }
    }

    private func failure(_ status: OSStatus) -> HostError {
        if status == errSecInteractionNotAllowed {
            return .Locked(why: "the keys are locked: unlock the phone and try again")
        }
        let text = SecCopyErrorMessageString(status, nil) as String? ?? "status \(status)"
        return .Failed(why: "the Keychain says: \(text)")
    }
}
#endif
