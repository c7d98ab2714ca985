import Foundation

/// Where a space lives on a phone of Apple's.
public enum SpaceFolder {
    /// The folder for a space, made if it is not there: in the app's own support folder. On
    /// Apple's platforms its files are protected until the phone was first unlocked (so that an
    /// exchange works while it is locked later), and are in no backup: a phone that is restored
    /// is paired again (R32).
    ///
    /// - Parameters:
    ///   - name: The folder's name.
    ///   - parent: Where it lies, in place of the app's support folder.
    /// - Throws: What the system says.
    public static func prepared(name: String = "amends", in parent: URL? = nil) throws -> URL {
        let files = FileManager.default
        let support = try parent ?? files.url(
            for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil,
            create: true)
        var folder = support.appendingPathComponent(name, isDirectory: true)
        #if canImport(Darwin)
        let protection = [
            FileAttributeKey.protectionKey:
                FileProtectionType.completeUntilFirstUserAuthentication
        ]
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: protection)
        try files.setAttributes(protection, ofItemAtPath: folder.path)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        #else
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        folder.standardize()
        #endif
        return folder
    }
}
