/** Where the keys are kept on Android. */
package app.amends.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import app.amends.ffi.HostException
import app.amends.ffi.SecretStore
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private const val PROVIDER = "AndroidKeyStore"
private const val CIPHER = "AES/GCM/NoPadding"
private const val NONCE = 12
private const val TAG_BITS = 128

/** Of all stores in this process: they may share a keystore's key. */
private val lock = Any()

/**
 * Keeps the library's keys in files that only a key of the Android Keystore opens. That key
 * never leaves this device; the files lie where no backup looks. So a phone that is restored
 * elsewhere has no keys, and is paired again (R32).
 *
 * The keys are there once the phone was unlocked after its start, so that an exchange works
 * while the screen is off.
 *
 * @param alias the name of that key in the keystore, and of the folder of the files
 */
class KeystoreSecrets(
    context: Context,
    private val alias: String = "app.amends.keys",
) : SecretStore {
    /** The app's: a screen is not kept. */
    private val context = context.applicationContext
    private val folder = File(context.noBackupFilesDir, alias)

    override fun read(name: String): ByteArray? = guarded {
        val file = file(name)
        if (!file.exists()) return@guarded null
        val sealed = file.readBytes()
        if (sealed.size <= NONCE) throw HostException.Failed("a key on this phone is damaged")
        // Never made anew here: what is sealed under the one before would be lost.
        val key = existing() ?: throw HostException.Failed("the keystore does not give its key: try again")
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
        cipher.updateAAD(name.toByteArray())
        cipher.doFinal(sealed, NONCE, sealed.size - NONCE)
    }

    override fun write(name: String, secret: ByteArray) = guarded {
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, existing() ?: generated())
        cipher.updateAAD(name.toByteArray())
        durably(file(name), cipher.iv + cipher.doFinal(secret))
    }

    override fun delete(name: String) = guarded {
        val file = file(name)
        if (file.exists() && !file.delete()) throw IOException("a key cannot be removed")
        // With the last of them goes what could open a copy of them.
        if (folder.list().isNullOrEmpty()) keystore().deleteEntry(alias)
    }

    private fun file(name: String): File {
        // The library's own names: never a way out of the folder.
        if (!name.matches(Regex("[A-Za-z0-9_-]{1,100}"))) {
            throw HostException.Failed("no such name for a key: $name")
        }
        return File(folder, name)
    }

    /** Whole, and on the disk when it returns; the library writes its files only then. */
    private fun durably(file: File, bytes: ByteArray) {
        folder.mkdirs()
        val new = File(folder, "${file.name}.new")
        try {
            FileOutputStream(new).use {
                it.write(bytes)
                it.fd.sync()
            }
            Os.rename(new.path, file.path)
            val place = Os.open(folder.path, OsConstants.O_RDONLY, 0)
            try {
                Os.fsync(place)
            } finally {
                Os.close(place)
            }
        } catch (error: ErrnoException) {
            throw IOException(error)
        }
    }

    private fun keystore(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

    private fun existing(): SecretKey? = keystore().getKey(alias, null) as SecretKey?

    private fun generated(): SecretKey {
        if (!folder.list().isNullOrEmpty()) {
            throw HostException.Failed("the keystore does not give its key: try again")
        }
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(alias, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
        generator.init(spec)
        return generator.generateKey()
    }

    private inline fun <T> guarded(work: () -> T): T {
        val users = context.getSystemService(Context.USER_SERVICE) as UserManager
        if (!users.isUserUnlocked) {
            throw HostException.Locked("the keys are locked: unlock the phone and try again")
        }
        return try {
            synchronized(lock) { work() }
        } catch (_: AEADBadTagException) {
            throw HostException.Failed("a key on this phone is damaged, or was copied from another")
        } catch (error: GeneralSecurityException) {
            throw HostException.Failed("the keystore says: ${error.message ?: error}")
        } catch (error: IOException) {
            throw HostException.Failed("the keys cannot be reached: ${error.message ?: error}")
        }
    }
}
