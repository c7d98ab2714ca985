#if canImport(Network) && canImport(dnssd)
import AmendsBindings
import Foundation
import Network
import dnssd

/// Announces this phone and looks for the other one by Bonjour. The app's Info.plist must name
/// `_amends._tcp` in `NSBonjourServices` and say in `NSLocalNetworkUsageDescription` why.
///
/// Compiled on Apple's platforms only; the tests of this package run on Linux and do not reach
/// it.
public final class BonjourDiscovery: Discovery, @unchecked Sendable {
    /// Everything below happens on it.
    private let queue = DispatchQueue(label: "app.amends.discovery")
    private var announcement: DNSServiceRef?
    private var browser: NWBrowser?
    private var resolving: [String: Resolution] = [:]

    public init() {}

    public func start(beacon: Beacon, sightings: Sightings) throws {
        try queue.sync {
            end()
            try announce(beacon)
            browse(beacon, sightings)
        }
    }

    public func stop() throws {
        queue.sync { end() }
    }

    private func end() {
        if let announcement { DNSServiceRefDeallocate(announcement) }
        announcement = nil
        browser?.cancel()
        browser = nil
        resolving.values.forEach { $0.end() }
        resolving = [:]
    }

    /// By the older interface: a listener of Network's would want a port of its own.
    private func announce(_ beacon: Beacon) throws {
        let status = DNSServiceRegister(
            &announcement, DNSServiceFlags(kDNSServiceFlagsNoAutoRename), 0, beacon.name,
            beacon.service, nil, nil, beacon.port.bigEndian, 0, nil, nil, nil)
        guard status == kDNSServiceErr_NoError, let announcement else {
            throw HostError.Failed(why: "Bonjour does not announce (status \(status))")
        }
        DNSServiceSetDispatchQueue(announcement, queue)
    }

    private func browse(_ beacon: Beacon, _ sightings: Sightings) {
        let browser = NWBrowser(for: .bonjour(type: beacon.service, domain: nil), using: .tcp)
        browser.stateUpdateHandler = { state in
            switch state {
            case .waiting(let error), .failed(let error):
                sightings.trouble(what: "Bonjour does not look: \(error.localizedDescription)")
            default: break
            }
        }
        browser.browseResultsChangedHandler = { [weak self] _, changes in
            for change in changes {
                switch change {
                case .added(let result): self?.found(result.endpoint, beacon, sightings)
                case .removed(let result): self?.lost(result.endpoint, sightings)
                default: break
                }
            }
        }
        browser.start(queue: queue)
        self.browser = browser
    }

    private func found(_ endpoint: NWEndpoint, _ beacon: Beacon, _ sightings: Sightings) {
        guard case .service(let name, let type, let domain, _) = endpoint,
            beacon.wanted.contains(name)
        else { return }
        resolving[name]?.end()
        resolving[name] = Resolution(name, type, domain, sightings, queue)
    }

    private func lost(_ endpoint: NWEndpoint, _ sightings: Sightings) {
        guard case .service(let name, _, _, _) = endpoint else { return }
        resolving.removeValue(forKey: name)?.end()
        sightings.gone(name: name)
    }
}

/// Asks on which host and port an instance is, again whenever that changes.
private final class Resolution {
    private let name: String
    private let sightings: Sightings
    private var reference: DNSServiceRef?

    init(
        _ name: String, _ type: String, _ domain: String, _ sightings: Sightings,
        _ queue: DispatchQueue
    ) {
        self.name = name
        self.sightings = sightings
        let context = Unmanaged.passUnretained(self).toOpaque()
        let status = DNSServiceResolve(
            &reference, 0, 0, name, type, domain,
            { _, _, _, status, _, host, port, _, _, context in
                guard status == kDNSServiceErr_NoError, let host, let context else { return }
                // It lives as long as its reference, which `end` takes back first.
                let resolution = Unmanaged<Resolution>.fromOpaque(context).takeUnretainedValue()
                let place = "\(String(cString: host)):\(UInt16(bigEndian: port))"
                resolution.sightings.seen(name: resolution.name, address: place)
            }, context)
        guard status == kDNSServiceErr_NoError, let reference else {
            return sightings.trouble(what: "Bonjour does not resolve (status \(status))")
        }
        DNSServiceSetDispatchQueue(reference, queue)
    }

    /// On the queue that the answers come on.
    func end() {
        if let reference { DNSServiceRefDeallocate(reference) }
        reference = nil
    }
}
#endif
