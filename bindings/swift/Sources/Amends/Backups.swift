import AmendsBindings

// What is printed, into a log or by an assertion that failed, holds no secret.

extension BackupKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "BackupKey(…)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension BackupOpener: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "BackupOpener(…)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
